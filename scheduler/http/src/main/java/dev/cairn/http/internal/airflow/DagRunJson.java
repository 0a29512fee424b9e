package dev.cairn.http.internal.airflow;

import dev.cairn.run.home.RunStore;
import dev.cairn.run.manifest.RunManifest;
import dev.cairn.run.view.JsonObject;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;

/** Runs as DAG runs. Immutable; any thread. */
record DagRunJson(Notes notes) {
    /** Maps states to the common ones of Airflow: a run that waits to be resumed is queued. */
    static String state(RunManifest run) throws IOException {
        return switch (run.state()) {
            case SUCCEEDED -> "success";
            case FAILED, CANCELLED -> "failed";
            case PAUSED, INTERRUPTED -> "queued";
            case RUNNING -> RunStore.ownerOf(run.folder()).isPresent() ? "running" : "queued";
        };
    }

    JsonObject of(RunManifest run) throws IOException {
        JsonObject conf = new JsonObject();
        run.origin().inputs().forEach((name, text) -> conf.put(name, XComValue.of(text)));
        String dag = run.origin().name();
        boolean scheduled = run.origin().key().filter(key -> key.contains("@")).isPresent();
        return new JsonObject()
                .put("dag_run_id", Dags.runId(run))
                .put("dag_id", dag)
                .put("dag_display_name", dag)
                .put("logical_date", null)
                .put("queued_at", run.createdAt())
                .put("start_date", run.createdAt())
                .put("end_date", run.endedAt())
                .put("duration", run.endedAt().map(end -> seconds(run, end)))
                .put("data_interval_start", null)
                .put("data_interval_end", null)
                .put("run_after", run.createdAt())
                .put("last_scheduling_decision", run.updatedAt())
                .put("run_type", scheduled ? "scheduled" : "manual")
                .put("state", state(run))
                .put("triggered_by", scheduled ? "timetable" : "rest_api")
                .put("triggering_user_name", null)
                .put("conf", conf)
                .put("note", notes.of(run))
                .put("dag_versions", List.of())
                .put("bundle_version", null)
                .put("partition_key", null)
                .put("cairn_run", run.id());
    }

    private static Double seconds(RunManifest run, Instant end) {
        return Duration.between(run.createdAt(), end).toMillis() / 1000.0;
    }
}
