/** Commands about schedules. */
@NullMarked
package dev.cairn.cli.schedule;

import org.jspecify.annotations.NullMarked;
