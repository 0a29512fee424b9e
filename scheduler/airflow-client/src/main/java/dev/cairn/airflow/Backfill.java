package dev.cairn.airflow;

import java.time.Instant;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/**
 * DAG runs for a range of past dates.
 *
 * @param completed empty while it is active
 */
public record Backfill(long id, String dagId, boolean paused, Optional<Instant> completed, JsonNode json) {

    static Backfill from(JsonNode json) {
        return new Backfill(
                json.path("id").asLong(-1),
                AirflowJson.text(json, "dag_id"),
                AirflowJson.truth(json, "is_paused"),
                AirflowJson.instant(json, "completed_at"),
                json);
    }
}
