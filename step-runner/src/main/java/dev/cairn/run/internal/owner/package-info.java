/** Who may write to a run: one owner at a time, with an epoch that every take-over raises. */
@NullMarked
package dev.cairn.run.internal.owner;

import org.jspecify.annotations.NullMarked;
