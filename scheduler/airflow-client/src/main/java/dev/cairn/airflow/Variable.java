package dev.cairn.airflow;

import java.util.Optional;
import tools.jackson.databind.JsonNode;

/**
 * A variable of Airflow.
 *
 * @param value its text; the server masks it if the name looks secret
 */
public record Variable(String key, String value, Optional<String> description, JsonNode json) {

    static Variable from(JsonNode json) {
        return new Variable(
                AirflowJson.text(json, "key"),
                AirflowJson.text(json, "value"),
                AirflowJson.optionalText(json, "description"),
                json);
    }
}
