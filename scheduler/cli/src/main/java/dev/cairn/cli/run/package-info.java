/** Commands about runs: start, resume, watch, steer, list and remove them. */
@NullMarked
package dev.cairn.cli.run;

import org.jspecify.annotations.NullMarked;
