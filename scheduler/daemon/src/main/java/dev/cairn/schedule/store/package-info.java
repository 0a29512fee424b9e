/** Stores schedules and ticks: SQLite in the state folder, or a PostgreSQL that daemons share. */
@NullMarked
package dev.cairn.schedule.store;

import org.jspecify.annotations.NullMarked;
