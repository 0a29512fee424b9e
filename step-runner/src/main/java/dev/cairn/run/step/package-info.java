/** One step: its attempts, its checkpoints and how it goes on. */
@NullMarked
package dev.cairn.run.step;

import org.jspecify.annotations.NullMarked;
