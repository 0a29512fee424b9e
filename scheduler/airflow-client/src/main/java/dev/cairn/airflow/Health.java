package dev.cairn.airflow;

import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import tools.jackson.databind.JsonNode;

/**
 * The health of the parts of an Airflow.
 *
 * @param statuses {@code healthy} or {@code unhealthy} by part ({@code metadatabase, scheduler, triggerer,
 *     dag_processor}); a part that does not run is missing
 * @param json the whole answer, heartbeats included
 */
public record Health(Map<String, String> statuses, JsonNode json) {
    public Health {
        statuses = Map.copyOf(statuses);
    }

    static Health from(JsonNode json) {
        Map<String, String> statuses = new TreeMap<>();
        for (Map.Entry<String, JsonNode> part : json.properties()) {
            Optional<String> status = AirflowJson.optionalText(part.getValue(), "status");
            status.ifPresent(text -> statuses.put(part.getKey(), text));
        }
        return new Health(statuses, json);
    }

    /** Whether DAG runs will make progress: database and scheduler are healthy. */
    public boolean isHealthy() {
        return "healthy".equals(statuses.get("metadatabase")) && "healthy".equals(statuses.get("scheduler"));
    }
}
