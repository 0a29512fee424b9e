/** Wakes the daemon when a schedule is due: Quartz on the database of the schedules. */
@NullMarked
package dev.cairn.trigger;

import org.jspecify.annotations.NullMarked;
