package dev.cairn.workflow.resolve;

import dev.cairn.workflow.expression.Context;
import dev.cairn.workflow.expression.ExpressionException;
import dev.cairn.workflow.expression.FixedContext;
import dev.cairn.workflow.expression.Template;
import dev.cairn.workflow.problem.Problems;
import dev.cairn.workflow.problem.Result;
import dev.cairn.workflow.spec.Schedule;
import dev.cairn.workflow.spec.Workflow;
import dev.cairn.workflow.value.Value;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.LinkedHashMap;
import java.util.Map;

/** The inputs that a schedule gives to a run. */
public final class ScheduleInputs {

    private ScheduleInputs() {}

    /** @param time the scheduled time, in the schedule's zone, not the actual time of the run's start */
    public static Result<Map<String, String>> at(Workflow workflow, Schedule schedule, ZonedDateTime time) {
        Problems problems = new Problems(workflow.file().toString());
        Context context = FixedContext.of(
                "schedule",
                Map.of(
                        "time", new Value.Text(time.format(DateTimeFormatter.ISO_OFFSET_DATE_TIME)),
                        "date", new Value.Text(time.toLocalDate().toString())));
        Map<String, String> inputs = new LinkedHashMap<>();
        schedule.inputs().forEach((name, template) -> {
            try {
                inputs.put(name, template.render(context, Template.Insertion.AS_IS));
            } catch (ExpressionException e) {
                problems.add(template.place().at(e.position()), e.reason());
            }
        });
        return problems.result(inputs);
    }
}
