package dev.cairn.airflow;

import tools.jackson.databind.JsonNode;

/**
 * Data that DAGs produce and wait for; a dataset in Airflow 2.
 *
 * @param id the server's id
 */
public record Asset(long id, String uri, JsonNode json) {

    static Asset from(JsonNode json) {
        return new Asset(json.path("id").asLong(-1), AirflowJson.text(json, "uri"), json);
    }

    /** Airflow 2 has none. */
    public String name() {
        return AirflowJson.text(json, "name");
    }
}
