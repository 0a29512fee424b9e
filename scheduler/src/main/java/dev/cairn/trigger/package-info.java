/** Cairn under Quartz: the only package that knows {@code org.quartz}. */
@NullMarked
package dev.cairn.trigger;

import org.jspecify.annotations.NullMarked;
