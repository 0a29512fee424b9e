/** {@code cairn try}: whether a command survives checkpoint, kill and resume, found out by doing it. */
@NullMarked
package dev.cairn.cli.trial;

import org.jspecify.annotations.NullMarked;
