package dev.cairn.cli.schedule;

import dev.cairn.cli.display.HumanText;
import dev.cairn.schedule.ScheduleEntry;
import dev.cairn.schedule.Tick;
import java.time.Instant;
import java.time.format.DateTimeFormatter;

/** Schedules and their ticks as text and as JSON. */
final class ScheduleText {
    private ScheduleText() {}

    /** In the schedule's zone. */
    static String next(ScheduleEntry entry) {
        return entry.paused()
                ? "paused"
                : entry.next().map(time -> local(entry, time)).orElse("over");
    }

    static String local(ScheduleEntry entry, Instant time) {
        return DateTimeFormatter.ISO_OFFSET_DATE_TIME.format(
                time.atZone(entry.times().zone()));
    }

    static String state(Tick tick) {
        return tick.state().wire() + (tick.detail().isEmpty() ? "" : ": " + tick.detail());
    }

    static String started(Tick tick) {
        return tick.started().map(HumanText::time).orElse("-");
    }
}
