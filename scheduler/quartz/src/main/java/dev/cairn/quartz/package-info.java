/** A Quartz job that runs a command as a checkpointed step. */
@NullMarked
package dev.cairn.quartz;

import org.jspecify.annotations.NullMarked;
