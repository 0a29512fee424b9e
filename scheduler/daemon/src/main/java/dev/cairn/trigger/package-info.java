/** Wakes the daemon at the times of its schedules: Quartz on the database of the schedules. */
@NullMarked
package dev.cairn.trigger;

import org.jspecify.annotations.NullMarked;
