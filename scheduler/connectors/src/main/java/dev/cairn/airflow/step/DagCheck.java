package dev.cairn.airflow.step;

import dev.cairn.airflow.AirflowClient;
import dev.cairn.airflow.AirflowException;
import dev.cairn.airflow.AirflowException.Kind;
import dev.cairn.airflow.Dag;
import dev.cairn.airflow.ImportError;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import tools.jackson.databind.JsonNode;

/** Checks before a trigger whether a DAG run would ever end. Airflow itself accepts any run and leaves it queued. */
final class DagCheck {
    private DagCheck() {}

    /**
     * The reason why a trigger makes no sense; empty if it does. A missing DAG is a final failure; a paused, stale or
     * broken one may be corrected before a retry.
     *
     * @throws AirflowException if the server does not answer
     */
    static Optional<Verdict> obstacle(AirflowClient airflow, String connection, String dagId) throws AirflowException {
        Dag dag;
        try {
            dag = airflow.dags().get(dagId);
        } catch (AirflowException e) {
            if (!e.is(Kind.NOT_FOUND)) {
                throw e;
            }
            return Optional.of(Verdict.refused("there is no DAG " + dagId + unreadable(importErrors(airflow))));
        }
        if (!dag.active()) {
            return failed("DAG " + dagId + " is stale: its file is gone or no longer has it");
        }
        String file = file(dag.json());
        List<ImportError> own = importErrors(airflow).stream()
                .filter(error -> !file.isEmpty() && file.endsWith(error.file()))
                .toList();
        if (dag.importErrors() || !own.isEmpty()) {
            return failed("DAG " + dagId + " has import errors" + unreadable(own));
        }
        return dag.paused()
                ? failed("DAG " + dagId + " is paused, its run would stay queued; unpause it: cairn airflow dags "
                        + connection + " --unpause " + dagId)
                : Optional.empty();
    }

    private static Optional<Verdict> failed(String message) {
        return Optional.of(Verdict.failed(message));
    }

    private static String file(JsonNode dag) {
        return dag.path("fileloc").asString("");
    }

    /** Only explains a failure, so a caller without the permission does without it. */
    private static List<ImportError> importErrors(AirflowClient airflow) {
        try {
            return airflow.dags().importErrors().limit(100).toList();
        } catch (UncheckedIOException e) {
            return List.of();
        }
    }

    private static String unreadable(List<ImportError> errors) {
        return errors.isEmpty()
                ? ""
                : "; files that Airflow cannot read: "
                        + errors.stream()
                                .limit(5)
                                .map(error -> error.file() + " (" + error.reason() + ")")
                                .collect(Collectors.joining(", "));
    }
}
