/** Why a runner could not do what was asked of it. */
@NullMarked
package dev.cairn.run.failure;

import org.jspecify.annotations.NullMarked;
