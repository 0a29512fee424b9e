/** Ownership of a run: one owner at a time, a heartbeat, and an epoch that every takeover raises. */
@NullMarked
package dev.cairn.run.internal.owner;

import org.jspecify.annotations.NullMarked;
