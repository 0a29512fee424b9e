package dev.cairn.airflow.step;

import dev.cairn.airflow.XCom;
import tools.jackson.databind.JsonNode;

/** @param mapIndex -1 for a task that is not mapped */
record XComName(String task, String key, int mapIndex) {

    /**
     * A text names the task whose return value is used; a mapping has {@code task}, {@code key} and {@code map_index}.
     */
    static XComName of(String output, JsonNode node) {
        String task = node.isString() ? node.stringValue() : node.path("task").asString("");
        if (task.isEmpty()) {
            throw new IllegalArgumentException(
                    "with.xcom." + output + " must name a task: " + output + ": TASK, or {task: TASK, key: KEY}");
        }
        return new XComName(
                task,
                node.path("key").asString(XCom.RETURN_VALUE),
                node.path("map_index").asInt(-1));
    }

    @Override
    public String toString() {
        return task + (mapIndex < 0 ? "" : "[" + mapIndex + "]") + " " + key;
    }
}
