/** Masks secrets in logs when they are shown. */
@NullMarked
package dev.cairn.run.mask;

import org.jspecify.annotations.NullMarked;
