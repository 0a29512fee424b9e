package dev.cairn.workflow.resolve;

import dev.cairn.workflow.expression.ExpressionException;
import dev.cairn.workflow.expression.Template;
import dev.cairn.workflow.expression.Upstream;
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

    /**
     * @param time that the schedule names, in its zone, not that at which the run happens to start
     * @param files how the files that the schedule names are read
     */
    public static Result<Map<String, String>> at(
            Workflow workflow, Schedule schedule, ZonedDateTime time, NamedFiles files) {
        Problems problems = new Problems(workflow.file().toString());
        Value names = new Value.Fields(Map.of(
                "time", new Value.Text(time.format(DateTimeFormatter.ISO_OFFSET_DATE_TIME)),
                "date", new Value.Text(time.toLocalDate().toString())));
        StepContext context = new StepContext(
                Map.of("schedule", names),
                Map.of(),
                Map.of(),
                id -> {
                    throw new IllegalArgumentException("a schedule knows no step " + id);
                },
                Upstream.WELL,
                workflow.folder(),
                files);
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
