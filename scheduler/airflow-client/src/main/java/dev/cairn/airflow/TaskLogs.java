package dev.cairn.airflow;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/** The logs of tasks. Thread-safe. */
public final class TaskLogs {
    private final ApiClient api;

    TaskLogs(ApiClient api) {
        this.api = api;
    }

    /**
     * The new part of the log of a try.
     *
     * @param mapIndex -1 for a task that is not mapped
     * @param after {@link LogPage#next} of the part before; empty for the beginning
     * @throws AirflowException NOT_FOUND if there is no such try
     */
    public LogPage read(String dagId, String runId, String taskId, int mapIndex, int tryNumber, Optional<String> after)
            throws AirflowException {
        ApiRequest call = ApiRequest.get(
                        DagRuns.path(dagId, runId, "taskInstances", taskId, "logs", Integer.toString(tryNumber)))
                .with("full_content", false)
                .with("map_index", mapIndex);
        ApiResponse reply =
                api.reply(after.map(token -> call.with("token", token)).orElse(call));
        if (reply.isNdjson()) {
            return new LogPage(LogContent.ndjson(reply.body()), reply.logToken());
        }
        Optional<JsonNode> json = AirflowJson.parse(reply.body());
        List<String> lines = json.map(answer -> LogContent.lines(answer.path("content")))
                .orElseGet(() -> reply.body().lines().toList());
        return new LogPage(lines, json.flatMap(answer -> AirflowJson.optionalText(answer, "continuation_token")));
    }

    /** The whole log of a try that has ended, read in one or more calls. */
    public List<String> readAll(String dagId, String runId, String taskId, int mapIndex, int tryNumber)
            throws AirflowException {
        LogPage page = read(dagId, runId, taskId, mapIndex, tryNumber, Optional.empty());
        List<String> lines = new ArrayList<>(page.lines());
        // an Airflow 2 always returns a token, so a part without lines is the present end
        while (page.next().isPresent() && !page.lines().isEmpty()) {
            page = read(dagId, runId, taskId, mapIndex, tryNumber, page.next());
            lines.addAll(page.lines());
        }
        return lines;
    }
}
