package dev.cairn.airflow;

import dev.cairn.airflow.AirflowException.Kind;
import java.util.Optional;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The task state store of Airflow 3.3 and newer, in which a task keeps data for its next try. Older servers answer
 * NOT_FOUND or NOT_AIRFLOW, and Airflow 2 is UNSUPPORTED. Thread-safe.
 *
 * <p>A value is any JSON of up to 65,535 characters. Source: {@code task_state_store.py} of Airflow's public routes.
 */
public final class StateStore {
    private final ApiClient api;

    StateStore(ApiClient api) {
        this.api = api;
    }

    /** The value; empty if there is nothing under this key. */
    public Optional<JsonNode> get(String dagId, String runId, String taskId, int mapIndex, String key)
            throws AirflowException {
        try {
            return Optional.of(call(ApiRequest.get(path(dagId, runId, taskId, key)), mapIndex)
                    .path("value"));
        } catch (AirflowException e) {
            if (e.is(Kind.NOT_FOUND)) {
                return Optional.empty();
            }
            throw e;
        }
    }

    /** Sets the value, which the server keeps for a configured time. */
    public void put(String dagId, String runId, String taskId, int mapIndex, String key, JsonNode value)
            throws AirflowException {
        ObjectNode body = AirflowJson.object();
        body.set("value", value);
        call(ApiRequest.put(body, path(dagId, runId, taskId, key)), mapIndex);
    }

    /** Deletes the value. A missing one is no error. */
    public void delete(String dagId, String runId, String taskId, int mapIndex, String key) throws AirflowException {
        call(ApiRequest.delete(path(dagId, runId, taskId, key)), mapIndex);
    }

    private JsonNode call(ApiRequest call, int mapIndex) throws AirflowException {
        api.needsV2("the task state store");
        return api.call(call.with("map_index", mapIndex));
    }

    private static String[] path(String dagId, String runId, String taskId, String key) {
        return DagRuns.path(dagId, runId, "taskInstances", taskId, "state-store", key);
    }
}
