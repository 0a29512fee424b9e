package dev.cairn.airflow;

import tools.jackson.databind.JsonNode;

/**
 * A DAG.
 *
 * @param paused whether the scheduler leaves its runs queued
 * @param active whether its file still exists: {@code is_active} of v1, not {@code is_stale} of v2
 * @param importErrors whether its file could not be read when last tried
 * @param json the whole answer
 */
public record Dag(String id, boolean paused, boolean active, boolean importErrors, JsonNode json) {

    static Dag from(JsonNode json) {
        boolean active = json.has("is_stale")
                ? !AirflowJson.truth(json, "is_stale")
                : json.path("is_active").asBoolean(true);
        return new Dag(
                AirflowJson.text(json, "dag_id"),
                AirflowJson.truth(json, "is_paused"),
                active,
                AirflowJson.truth(json, "has_import_errors"),
                json);
    }
}
