/** Executes a plan: decides which steps may start, and the final state of the run. */
@NullMarked
package dev.cairn.run.internal.execution;

import org.jspecify.annotations.NullMarked;
