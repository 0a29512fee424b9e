package dev.cairn.schedule;

import dev.cairn.run.view.JsonObject;
import dev.cairn.workflow.spec.Concurrency;
import java.util.Locale;

/** The documented JSON shapes of schedules and ticks. */
public final class ScheduleJson {
    private ScheduleJson() {}

    public static JsonObject of(ScheduleEntry entry) {
        return new JsonObject()
                .put("id", entry.id())
                .put("workflow", entry.workflow())
                .put("timing", entry.timing())
                .put("timezone", entry.times().zone().getId())
                .put("missed", entry.missed().name().toLowerCase(Locale.ROOT))
                .put("paused", entry.paused())
                .put("next", entry.next());
    }

    public static JsonObject of(Tick tick) {
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

    /** A workflow without its schedules. */
    public static JsonObject of(ScheduledWorkflow workflow) {
        return new JsonObject()
                .put("workflow", workflow.id())
                .put("file", workflow.file())
                .put("home", workflow.home())
                .put("problem", workflow.problem().isEmpty() ? null : workflow.problem())
                .put("limit", workflow.concurrency().map(Concurrency::limit))
                .put("on_overlap", workflow.concurrency().map(ScheduleJson::overlap));
    }

    public static String overlap(Concurrency rule) {
        return rule.onOverlap().name().toLowerCase(Locale.ROOT);
    }
}
