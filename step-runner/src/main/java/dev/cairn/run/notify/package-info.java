/** Tells others what became of a run: what is due by the journal, how far each of them was told, and when to try again. */
@NullMarked
package dev.cairn.run.notify;

import org.jspecify.annotations.NullMarked;
