/** Keeps secrets out of logs as they are shown. */
@NullMarked
package dev.cairn.run.mask;

import org.jspecify.annotations.NullMarked;
