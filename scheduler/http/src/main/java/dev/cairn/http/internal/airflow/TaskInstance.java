package dev.cairn.http.internal.airflow;

import dev.cairn.engine.StepExit;
import dev.cairn.run.manifest.AttemptRecord;
import dev.cairn.run.manifest.RunManifest;
import dev.cairn.run.manifest.StepManifest;
import dev.cairn.run.manifest.StepState;
import dev.cairn.run.view.JsonObject;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A step as a task instance; immutable.
 *
 * @param mapIndex the index of a matrix instance, else -1
 * @param step empty before it has started
 */
record TaskInstance(
        RunManifest run, String stepId, String taskId, int mapIndex, StepState state, Optional<StepManifest> step) {
    private static final Pattern INSTANCE = Pattern.compile("(.+)\\.(\\d{1,9})");

    static List<TaskInstance> of(RunManifest run) throws IOException {
        List<TaskInstance> tasks = new ArrayList<>();
        for (String id : run.steps().keySet()) {
            Optional<StepManifest> step = StepManifest.read(run.folder().step(id));
            StepState state = step.map(StepManifest::state)
                    .orElseGet(() -> run.steps()
                            .getOrDefault(id, new RunManifest.StepLine(StepState.PENDING, OptionalLong.empty()))
                            .state());
            Matcher instance = INSTANCE.matcher(id);
            boolean mapped = instance.matches();
            tasks.add(new TaskInstance(
                    run,
                    id,
                    mapped ? instance.group(1) : id,
                    mapped ? Integer.parseInt(instance.group(2)) : -1,
                    state,
                    step));
        }
        return tasks;
    }

    boolean hasFailed() {
        return state == StepState.FAILED || state == StepState.CANCELLED;
    }

    boolean hasSucceeded() {
        return state == StepState.SUCCEEDED;
    }

    int tries() {
        return step.map(found -> found.attempts().size()).orElse(0);
    }

    private @Nullable String airflowState() {
        return switch (state) {
            case PENDING -> null;
            case READY -> "scheduled";
            case WAITING, PAUSED, INTERRUPTED, PREEMPTED, LOST -> "up_for_retry";
            case RUNNING -> "running";
            case SUCCEEDED -> "success";
            case FAILED, CANCELLED -> "failed";
            case SKIPPED -> "skipped";
        };
    }

    static JsonObject json(List<TaskInstance> tasks) {
        return new JsonObject()
                .put("task_instances", tasks.stream().map(TaskInstance::json).toList())
                .put("total_entries", tasks.size());
    }

    JsonObject json() {
        return json(tries());
    }

    /** The task instance in one of its tries. */
    JsonObject json(int attempt) {
        Optional<AttemptRecord> shown = step.flatMap(found ->
                found.attempts().stream().filter(one -> one.number() == attempt).findFirst());
        Optional<Instant> start = shown.map(AttemptRecord::startedAt);
        Optional<Instant> end = shown.flatMap(AttemptRecord::end).map(StepExit::at);
        String dag = run.origin().name();
        String label = run.label(stepId);
        return new JsonObject()
                .put(
                        "id",
                        UUID.nameUUIDFromBytes((run.id() + "/" + stepId).getBytes(StandardCharsets.UTF_8))
                                .toString())
                .put("task_id", taskId)
                .put("dag_id", dag)
                .put("dag_run_id", Dags.runId(run))
                .put("map_index", mapIndex)
                .put("logical_date", null)
                .put("run_after", run.createdAt())
                .put("start_date", start)
                .put("end_date", end)
                .put(
                        "duration",
                        end.isEmpty()
                                ? null
                                : Duration.between(start.orElseThrow(), end.get())
                                                .toMillis()
                                        / 1000.0)
                .put("state", attempt == tries() ? airflowState() : "failed")
                .put("try_number", attempt)
                .put("max_tries", Math.max(0, tries() - 1))
                .put("task_display_name", label)
                .put("dag_display_name", dag)
                .put("hostname", shown.map(one -> one.host().name()))
                .put("unixname", null)
                .put("pool", "default_pool")
                .put("pool_slots", 1)
                .put("queue", null)
                .put("priority_weight", null)
                .put("operator", null)
                .put("operator_name", null)
                .put("queued_when", null)
                .put("scheduled_when", null)
                .put("pid", null)
                .put("executor", null)
                .put("executor_config", "{}")
                .put("note", null)
                .put("rendered_map_index", mapIndex < 0 ? null : label)
                .put("rendered_fields", new JsonObject())
                .put("trigger", null)
                .put("triggerer_job", null)
                .put("dag_version", null)
                .put("cairn_resumed_from", shown.map(AttemptRecord::resumedFrom));
    }
}
