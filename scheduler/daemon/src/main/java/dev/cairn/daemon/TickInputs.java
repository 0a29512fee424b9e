package dev.cairn.daemon;

import dev.cairn.schedule.ScheduledWorkflow;
import dev.cairn.schedule.Tick;
import dev.cairn.workflow.Workflows;
import dev.cairn.workflow.plan.Plan;
import dev.cairn.workflow.problem.Place;
import dev.cairn.workflow.problem.Problems;
import dev.cairn.workflow.problem.Result;
import dev.cairn.workflow.resolve.ScheduleInputs;
import dev.cairn.workflow.spec.Schedule;
import dev.cairn.workflow.spec.Workflow;
import dev.cairn.workflow.value.Value;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneId;
import java.util.LinkedHashMap;
import java.util.Map;

/** The inputs of a tick's run. For it, {@code today} and {@code now} are the tick's own time. */
public final class TickInputs {
    private TickInputs() {}

    /** The inputs for a tick, with the present workflow. */
    public static Result<Map<String, String>> of(ScheduledWorkflow workflow, Tick tick) {
        Result<Workflow> read = Workflows.read(workflow.content(), workflow.file());
        if (!(read instanceof Result.Ok<Workflow> ok)) {
            return new Result.Broken<>(read.problems());
        }
        int place = Integer.parseInt(tick.schedule().substring(tick.schedule().lastIndexOf('.') + 1));
        if (place > ok.value().schedules().size()) {
            Problems problems = new Problems(workflow.file().toString());
            problems.add(Place.FILE, "has no schedule " + place + " any more");
            return problems.broken();
        }
        return of(ok.value(), ok.value().schedules().get(place - 1), tick.time(), tick.inputs());
    }

    /**
     * Every input that has a value, so that another run with them has the same values.
     *
     * @param given the inputs given by hand, which override those of the schedule
     */
    public static Result<Map<String, String>> of(
            Workflow workflow, Schedule schedule, Instant time, Map<String, String> given) {
        ZoneId zone = schedule.zone().orElse(ZoneId.systemDefault());
        Result<Map<String, String>> scheduled = ScheduleInputs.at(workflow, schedule, time.atZone(zone));
        if (!(scheduled instanceof Result.Ok<Map<String, String>> ok)) {
            return scheduled;
        }
        Map<String, String> all = new LinkedHashMap<>(ok.value());
        all.putAll(given);
        Result<Plan> planned = Workflows.plan(workflow, all, Clock.fixed(time, zone));
        if (!(planned instanceof Result.Ok<Plan> plan)) {
            return new Result.Broken<>(planned.problems());
        }
        Map<String, String> inputs = new LinkedHashMap<>();
        plan.value().inputs().forEach((name, value) -> {
            if (!(value instanceof Value.Null)) {
                inputs.put(name, value.text());
            }
        });
        return new Result.Ok<>(inputs);
    }
}
