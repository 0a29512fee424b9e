package dev.cairn.workflow.read;

import static dev.cairn.workflow.read.Field.optional;
import static dev.cairn.workflow.read.Field.required;

import dev.cairn.workflow.expression.Parameter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The keys of {@code with} for {@code uses: airflow}. */
final class AirflowKeys {

    private static final List<Field<Parameter>> ALL = List.of(
            required("connection", Composites.parameter(), "Which Airflow, by its name in Cairn's configuration."),
            required("dag", Composites.parameter(), "The id of the DAG to run."),
            optional("conf", Composites.parameter(), "What the DAG run is given."),
            optional("logical_date", Composites.parameter(), "The DAG run's logical date."),
            optional("note", Composites.parameter(), "A note for the DAG run."),
            optional(
                    "on_failed_run",
                    Composites.parameter(),
                    "What a retry does with a DAG run that failed: fail, clear or new."));

    static final ObjectType<Map<String, Parameter>> TYPE =
            ObjectType.of("airflow", List.copyOf(ALL), (fields, problems) -> {
                Map<String, Parameter> with = new LinkedHashMap<>();
                ALL.forEach(field -> fields.get(field).ifPresent(value -> with.put(field.name(), value)));
                return with;
            });

    private AirflowKeys() {}
}
