/** Executes a plan: decides which step may start, and the end state of the run. */
@NullMarked
package dev.cairn.run.internal.execution;

import org.jspecify.annotations.NullMarked;
