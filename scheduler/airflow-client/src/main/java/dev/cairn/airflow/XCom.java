package dev.cairn.airflow;

import tools.jackson.databind.JsonNode;

/**
 * A value that a task left for others.
 *
 * @param value JSON; always a text from a server before 2.10
 */
public record XCom(String taskId, int mapIndex, String key, JsonNode value, JsonNode json) {
    /** The key of a task's return value. */
    public static final String RETURN_VALUE = "return_value";

    static XCom from(JsonNode json) {
        return new XCom(
                AirflowJson.text(json, "task_id"),
                AirflowJson.integer(json, "map_index").orElse(-1),
                AirflowJson.text(json, "key"),
                json.path("value"),
                json);
    }
}
