package dev.cairn.airflow;

import java.time.Instant;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/**
 * A run of a DAG.
 *
 * @param logicalDate empty if it has none, which v2 allows
 * @param conf the conf with which it was triggered
 * @param json the whole answer
 */
public record DagRun(
        String dagId,
        String id,
        DagRunState state,
        Optional<Instant> logicalDate,
        Optional<Instant> start,
        Optional<Instant> end,
        JsonNode conf,
        JsonNode json) {

    static DagRun from(JsonNode json) {
        return new DagRun(
                AirflowJson.text(json, "dag_id"),
                AirflowJson.text(json, "dag_run_id", "run_id"),
                new DagRunState(AirflowJson.text(json, "state")),
                AirflowJson.instant(json, "logical_date", "execution_date"),
                AirflowJson.instant(json, "start_date"),
                AirflowJson.instant(json, "end_date"),
                json.path("conf"),
                json);
    }
}
