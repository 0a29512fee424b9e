package dev.cairn.schedule.store;

import dev.cairn.files.Digests;
import dev.cairn.schedule.ScheduleEntry;
import dev.cairn.schedule.ScheduledWorkflow;
import dev.cairn.workflow.cron.FireTimes;
import dev.cairn.workflow.spec.Schedule;
import dev.cairn.workflow.spec.Workflow;
import java.nio.file.Path;
import java.time.Instant;
import java.time.ZoneId;
import java.util.List;
import java.util.Optional;

/**
 * Registers the schedules of workflow files, and registers them again when a file has changed. Immutable; any thread.
 */
public final class Registrar {
    private final ZoneId zone;

    /** @param zone the zone of schedules that name none */
    public Registrar(ZoneId zone) {
        this.zone = zone;
    }

    /**
     * Registers a file. A known file is registered again and keeps its id.
     *
     * @param workflow as read from {@code content}, without problems
     * @param home where its runs will lie
     */
    public ScheduledWorkflow add(Tables tables, Workflow workflow, String content, Path home, Instant now) {
        Optional<ScheduledWorkflow> known = tables.workflowOf(workflow.file());
        String id = known.isPresent() ? known.get().id() : freeId(tables, workflow.name());
        ScheduledWorkflow row = new ScheduledWorkflow(
                id,
                workflow.file(),
                known.map(ScheduledWorkflow::home).orElse(home),
                content,
                Digests.of(content),
                "",
                workflow.concurrency());
        tables.put(row);
        putSchedules(tables, id, workflow.schedules(), now);
        tables.tellOfChange();
        return row;
    }

    /** A schedule with changed times starts over: past times of the new schedule were never due. */
    private void putSchedules(Tables tables, String workflow, List<Schedule> schedules, Instant now) {
        for (int place = 1; place <= schedules.size(); place++) {
            Schedule schedule = schedules.get(place - 1);
            String id = workflow + "." + place;
            FireTimes times = FireTimes.of(schedule, zone);
            Optional<ScheduleEntry> before = tables.schedule(id);
            boolean same = before.isPresent() && before.get().times().toText().equals(times.toText());
            Instant decided = same ? before.get().decided() : now;
            tables.put(new ScheduleEntry(
                    id,
                    workflow,
                    place,
                    schedule.timing().toString(),
                    times,
                    schedule.missed(),
                    schedule.jitter(),
                    before.map(ScheduleEntry::paused).orElse(false),
                    decided));
        }
        for (ScheduleEntry left : tables.schedulesOf(workflow)) {
            if (left.place() > schedules.size()) {
                tables.removeSchedule(left.id());
            }
        }
    }

    private static String freeId(Tables tables, String name) {
        String plain = name.replaceAll("[^A-Za-z0-9_-]+", "-").replaceAll("^-+|-+$", "");
        String base = plain.isEmpty() ? "workflow" : plain.substring(0, Math.min(plain.length(), 100));
        String id = base;
        for (int number = 2; tables.workflow(id).isPresent(); number++) {
            id = base + "-" + number;
        }
        return id;
    }
}
