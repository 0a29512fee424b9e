package dev.cairn.airflow;

import tools.jackson.databind.JsonNode;

/**
 * A file of DAGs that Airflow could not read.
 *
 * @param file as the server names it
 * @param stackTrace Python's
 */
public record ImportError(String file, String stackTrace, JsonNode json) {

    static ImportError from(JsonNode json) {
        return new ImportError(AirflowJson.text(json, "filename"), AirflowJson.text(json, "stack_trace"), json);
    }

    /** The last line, which says what is wrong. */
    public String reason() {
        String text = stackTrace.strip();
        return text.substring(text.lastIndexOf('\n') + 1);
    }
}
