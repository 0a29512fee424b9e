package dev.cairn.workflow.internal.read;

import static dev.cairn.workflow.internal.read.Field.optional;
import static dev.cairn.workflow.internal.read.Field.required;

import dev.cairn.workflow.expression.Parameter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The keys of {@code with} for {@code uses: airflow}. */
final class AirflowKeys {

    private static final List<Field<Parameter>> ALL = List.of(
            required("connection", Composites.parameter(), "Which Airflow, by its name in Cairn's configuration."),
            required("dag", Composites.parameter(), "The id of the DAG to run."),
            optional("conf", Composites.parameter(), "The conf of the DAG run."),
            optional("logical_date", Composites.parameter(), "The DAG run's logical date."),
            optional("note", Composites.parameter(), "A note for the DAG run."),
            optional(
                    "on_existing_failure",
                    Composites.parameter(),
                    "What a further attempt does with a DAG run that has failed: fail, clear or new."),
            optional("logs", Composites.parameter(), "Whether the tasks' own logs go into the step's log."),
            optional(
                    "poll",
                    Composites.parameter(),
                    "The longest pause between two looks at the DAG run; 30s if not given."),
            optional(
                    "xcom",
                    Composites.parameter(),
                    "Which task's XCom each of the outputs gets: a task, or a mapping with task, key and map_index."));

    static final ObjectType<Map<String, Parameter>> TYPE =
            ObjectType.of("airflow", List.copyOf(ALL), (fields, problems) -> {
                Map<String, Parameter> with = new LinkedHashMap<>();
                ALL.forEach(field -> fields.get(field).ifPresent(value -> with.put(field.name(), value)));
                return with;
            });

    private AirflowKeys() {}
}
