package dev.cairn.airflow;

import java.util.Set;

/**
 * The state of a task instance. A state added by a newer Airflow is kept as text and is not final.
 *
 * @param text as the server writes it; empty for a task that the scheduler has not examined yet (null)
 */
public record TaskState(String text) {
    public static final TaskState NONE = new TaskState("");
    public static final TaskState RUNNING = new TaskState("running");
    public static final TaskState SUCCESS = new TaskState("success");
    public static final TaskState FAILED = new TaskState("failed");
    public static final TaskState UPSTREAM_FAILED = new TaskState("upstream_failed");

    private static final Set<String> FINAL = Set.of("success", "failed", "upstream_failed", "skipped", "removed");

    /** Whether the state is final. A user can still clear the task. */
    public boolean isFinal() {
        return FINAL.contains(text);
    }

    @Override
    public String toString() {
        return text.isEmpty() ? "none" : text;
    }
}
