package dev.cairn.airflow;

import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** XCom. Thread-safe. */
public final class XComs {
    private static final String ENTRIES = "xcomEntries";

    private final ApiClient api;

    XComs(ApiClient api) {
        this.api = api;
    }

    /** Without their values. */
    public Stream<XCom> list(String dagId, String runId, String taskId) {
        return Pages.of(
                api,
                ApiRequest.get(DagRuns.path(dagId, runId, "taskInstances", taskId, ENTRIES)),
                XCom::from,
                "xcom_entries");
    }

    /**
     * @param mapIndex -1 for a task that is not mapped
     * @throws AirflowException NOT_FOUND if there is no such value
     */
    public XCom get(String dagId, String runId, String taskId, int mapIndex, String key) throws AirflowException {
        // by default the server would convert the value to a Python text
        ApiRequest call = ApiRequest.get(DagRuns.path(dagId, runId, "taskInstances", taskId, ENTRIES, key))
                .with("stringify", false)
                .with("map_index", mapIndex);
        return XCom.from(api.call(call));
    }

    /** Airflow 3 only. */
    public XCom create(String dagId, String runId, String taskId, String key, JsonNode value) throws AirflowException {
        api.needsV2("writing XCom");
        ObjectNode body = AirflowJson.object().put("key", key).put("map_index", -1);
        body.set("value", value);
        return XCom.from(api.call(ApiRequest.post(body, DagRuns.path(dagId, runId, "taskInstances", taskId, ENTRIES))));
    }
}
