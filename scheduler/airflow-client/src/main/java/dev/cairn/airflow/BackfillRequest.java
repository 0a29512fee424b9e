package dev.cairn.airflow;

import java.time.Instant;
import tools.jackson.databind.node.ObjectNode;

/**
 * A backfill to start.
 *
 * @param from the first logical date
 * @param to the last one
 * @param maxActiveRuns at a time
 * @param reprocess what happens to dates that have a run: {@code none}, {@code failed} or {@code completed}
 */
public record BackfillRequest(String dagId, Instant from, Instant to, int maxActiveRuns, String reprocess) {

    ObjectNode body() {
        ObjectNode body = AirflowJson.object()
                .put("dag_id", dagId)
                .put("from_date", from.toString())
                .put("to_date", to.toString())
                .put("run_backwards", false)
                .put("max_active_runs", maxActiveRuns)
                .put("reprocess_behavior", reprocess);
        body.set("dag_run_conf", AirflowJson.object());
        return body;
    }
}
