package dev.cairn.airflow;

import java.time.Instant;
import java.util.Optional;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * A DAG run to start.
 *
 * @param runId at most 250 characters; a caller that may repeat the request chooses it beforehand
 * @param logicalDate if empty, v1 uses the present time and refuses a second run of the same date; in v2 the run has no
 *     date then
 * @param conf an object; empty for none
 */
public record TriggerRequest(
        String runId, Optional<Instant> logicalDate, Optional<JsonNode> conf, Optional<String> note) {
    private static final int LONGEST_ID = 250;

    /** @throws IllegalArgumentException for an id that Airflow refuses */
    public TriggerRequest {
        if (runId.isEmpty() || runId.length() > LONGEST_ID) {
            throw new IllegalArgumentException("a DAG run's id has 1 to " + LONGEST_ID + " characters: " + runId);
        }
    }

    public static TriggerRequest of(String runId) {
        return new TriggerRequest(runId, Optional.empty(), Optional.empty(), Optional.empty());
    }

    public TriggerRequest withConf(JsonNode object) {
        return new TriggerRequest(runId, logicalDate, Optional.of(object), note);
    }

    public TriggerRequest at(Instant date) {
        return new TriggerRequest(runId, Optional.of(date), conf, note);
    }

    /** v2 refuses unknown keys, and requires {@code logical_date} even if it is null. */
    ObjectNode body(ApiVersion version) {
        ObjectNode body = AirflowJson.object().put("dag_run_id", runId);
        if (logicalDate.isPresent()) {
            body.put("logical_date", logicalDate.get().toString());
        } else if (version == ApiVersion.V2) {
            body.putNull("logical_date");
        }
        body.set("conf", conf.orElseGet(AirflowJson::object));
        note.ifPresent(text -> body.put("note", text));
        return body;
    }
}
