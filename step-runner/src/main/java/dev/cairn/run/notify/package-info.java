/** Notifications of a run: which are due, how far each receiver has got, and when to retry. */
@NullMarked
package dev.cairn.run.notify;

import org.jspecify.annotations.NullMarked;
