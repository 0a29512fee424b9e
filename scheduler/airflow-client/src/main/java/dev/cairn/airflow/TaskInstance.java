package dev.cairn.airflow;

import java.time.Instant;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/**
 * A task of a DAG run.
 *
 * @param mapIndex -1 for a task that is not mapped
 * @param tryNumber of the current or last try, from 1; 0 before the first
 * @param json the whole answer
 */
public record TaskInstance(
        String taskId,
        int mapIndex,
        TaskState state,
        int tryNumber,
        Optional<Instant> start,
        Optional<Instant> end,
        JsonNode json) {

    static TaskInstance from(JsonNode json) {
        return new TaskInstance(
                AirflowJson.text(json, "task_id"),
                AirflowJson.integer(json, "map_index").orElse(-1),
                new TaskState(AirflowJson.text(json, "state")),
                AirflowJson.integer(json, "try_number").orElse(0),
                AirflowJson.instant(json, "start_date"),
                AirflowJson.instant(json, "end_date"),
                json);
    }

    /** The name for people: the task's id, with the index of a mapped task. */
    public String name() {
        return mapIndex < 0 ? taskId : taskId + "[" + mapIndex + "]";
    }
}
