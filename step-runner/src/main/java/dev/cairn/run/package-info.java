/** Runs a plan: executes its steps, their attempts and checkpoints, and keeps the manifest that survives any death. */
@NullMarked
package dev.cairn.run;

import org.jspecify.annotations.NullMarked;
