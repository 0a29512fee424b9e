/** Executes one step: its attempts, its checkpoints, and how it resumes. */
@NullMarked
package dev.cairn.run.internal.step;

import org.jspecify.annotations.NullMarked;
