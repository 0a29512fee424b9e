/** Notifications about a run: which are due by its events, how far each receiver has been notified, and when to retry. */
@NullMarked
package dev.cairn.run.notify;

import org.jspecify.annotations.NullMarked;
