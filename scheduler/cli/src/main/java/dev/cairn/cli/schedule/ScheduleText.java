package dev.cairn.cli.schedule;

import dev.cairn.cli.display.HumanText;
import dev.cairn.cli.shared.JsonObject;
import dev.cairn.schedule.ScheduleEntry;
import dev.cairn.schedule.Tick;
import java.time.Instant;
import java.time.format.DateTimeFormatter;
import java.util.Locale;

/** Schedules and their ticks in words and in JSON. */
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

    static JsonObject json(ScheduleEntry entry) {
        return new JsonObject()
                .put("id", entry.id())
                .put("workflow", entry.workflow())
                .put("timing", entry.timing())
                .put("timezone", entry.times().zone().getId())
                .put("missed", entry.missed().name().toLowerCase(Locale.ROOT))
                .put("paused", entry.paused())
                .put("next", entry.next());
    }

    static JsonObject json(Tick tick) {
        return new JsonObject()
                .put("key", tick.key())
                .put("schedule", tick.schedule())
                .put("time", tick.time())
                .put("kind", tick.kind().name().toLowerCase(Locale.ROOT))
                .put("state", tick.state().wire())
                .put("detail", tick.detail())
                .put("decided_at", tick.decided())
                .put("started_at", tick.started())
                .put("ended_at", tick.ended())
                .put("run", tick.runId().isEmpty() ? null : tick.runId());
    }
}
