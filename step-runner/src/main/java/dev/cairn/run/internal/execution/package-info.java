/** Executes a plan: which step may start, and what becomes of the run. */
@NullMarked
package dev.cairn.run.internal.execution;

import org.jspecify.annotations.NullMarked;
