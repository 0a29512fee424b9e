/** Schedules, their ticks, and the policies that decide a tick (missed, overlap, queue): plain values and rules. */
@NullMarked
package dev.cairn.schedule;

import org.jspecify.annotations.NullMarked;
