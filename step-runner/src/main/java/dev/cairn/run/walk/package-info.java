/** The walk over the plan: which step may start, and what becomes of the run. */
@NullMarked
package dev.cairn.run.walk;

import org.jspecify.annotations.NullMarked;
