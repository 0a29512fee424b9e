/** Commands to a run (checkpoint, pause, cancel, stop) and their results. */
@NullMarked
package dev.cairn.run.control;

import org.jspecify.annotations.NullMarked;
