/** Runs a plan: the walk over its steps, their attempts and checkpoints, and the manifest that survives any death. */
@NullMarked
package dev.cairn.run;

import org.jspecify.annotations.NullMarked;
