/** Commands for runs: start, resume, watch, control, list and remove them. */
@NullMarked
package dev.cairn.cli.run;

import org.jspecify.annotations.NullMarked;
