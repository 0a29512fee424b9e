/** Builds the environment of a step: inherited variables, variables of a batch job, umask, baseline CPU. */
@NullMarked
package dev.cairn.run.internal.environment;

import org.jspecify.annotations.NullMarked;
