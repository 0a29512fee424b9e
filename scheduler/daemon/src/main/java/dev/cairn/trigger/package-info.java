/** The clock of the daemon: Quartz on the database of the schedules fires each schedule at its times. */
@NullMarked
package dev.cairn.trigger;

import org.jspecify.annotations.NullMarked;
