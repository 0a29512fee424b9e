/** Executes one step: its attempts, checkpoints and resumes. */
@NullMarked
package dev.cairn.run.internal.step;

import org.jspecify.annotations.NullMarked;
