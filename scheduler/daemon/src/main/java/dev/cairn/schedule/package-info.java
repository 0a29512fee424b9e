/** What schedules there are, what was decided for each of their times, and by which rules: plain values and decisions. */
@NullMarked
package dev.cairn.schedule;

import org.jspecify.annotations.NullMarked;
