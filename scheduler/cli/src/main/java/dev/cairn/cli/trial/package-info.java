/** {@code cairn try}: tests whether a command survives checkpoint, kill and resume. */
@NullMarked
package dev.cairn.cli.trial;

import org.jspecify.annotations.NullMarked;
