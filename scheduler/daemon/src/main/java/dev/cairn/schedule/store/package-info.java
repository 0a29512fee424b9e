/** Where schedules and their ticks are kept: an embedded database in the user's state folder, or PostgreSQL that daemons share. */
@NullMarked
package dev.cairn.schedule.store;

import org.jspecify.annotations.NullMarked;
