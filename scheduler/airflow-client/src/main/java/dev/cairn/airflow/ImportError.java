package dev.cairn.airflow;

import tools.jackson.databind.JsonNode;

/**
 * A file of DAGs that Airflow could not read.
 *
 * @param file the server's name for it
 * @param stackTrace Python's stack trace
 */
public record ImportError(String file, String stackTrace, JsonNode json) {

    static ImportError from(JsonNode json) {
        return new ImportError(AirflowJson.text(json, "filename"), AirflowJson.text(json, "stack_trace"), json);
    }

    /** The last line of the stack trace, which describes the error. */
    public String reason() {
        String text = stackTrace.strip();
        return text.substring(text.lastIndexOf('\n') + 1);
    }
}
