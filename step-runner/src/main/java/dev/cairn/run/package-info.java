/** Runs plans and commands as checkpointed steps: the entry points, and their types. */
@NullMarked
package dev.cairn.run;

import org.jspecify.annotations.NullMarked;
