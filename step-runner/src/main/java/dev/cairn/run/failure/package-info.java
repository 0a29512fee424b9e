/** Exceptions of the runner. */
@NullMarked
package dev.cairn.run.failure;

import org.jspecify.annotations.NullMarked;
