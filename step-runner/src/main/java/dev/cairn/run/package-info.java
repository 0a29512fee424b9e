/** Runs plans and commands as checkpointed steps: the entry points, and the types they use. */
@NullMarked
package dev.cairn.run;

import org.jspecify.annotations.NullMarked;
