package dev.cairn.airflow;

import dev.cairn.airflow.AirflowException.Kind;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Stream;
import tools.jackson.databind.node.ObjectNode;

/** The DAG runs of a server. Thread-safe. */
public final class DagRuns {
    private static final String RUNS = "dagRuns";

    private final ApiClient api;

    DagRuns(ApiClient api) {
        this.api = api;
    }

    /**
     * Starts a run; the request is sent once. After SERVER or NO_ANSWER, {@link #find} of its id shows whether it was
     * started. A paused DAG accepts the run and leaves it queued.
     *
     * @throws AirflowException NOT_FOUND for an unknown DAG; CONFLICT if there is a run of this id, or of this logical
     *     date (the server does not say which); INVALID for a DAG with import errors and for a conf that its params
     *     refuse
     */
    public DagRun trigger(String dagId, TriggerRequest request) throws AirflowException {
        return DagRun.from(api.call(ApiRequest.post(request.body(api.apiVersion()), "dags", dagId, RUNS)));
    }

    /** @throws AirflowException NOT_FOUND if there is no such run */
    public DagRun get(String dagId, String runId) throws AirflowException {
        return DagRun.from(api.call(ApiRequest.get(path(dagId, runId))));
    }

    /** The run; empty if there is none. */
    public Optional<DagRun> find(String dagId, String runId) throws AirflowException {
        try {
            return Optional.of(get(dagId, runId));
        } catch (AirflowException e) {
            if (e.is(Kind.NOT_FOUND)) {
                return Optional.empty();
            }
            throw e;
        }
    }

    /** DAG runs, newest first by their time of start, or scheduled start. */
    public Stream<DagRun> list(DagRunQuery query) throws AirflowException {
        // v1 lacks "run_after", and v2 leaves logical_date null
        String order = api.apiVersion() == ApiVersion.V1 ? "-execution_date" : "-run_after";
        ApiRequest call = ApiRequest.get("dags", query.dagId().orElse("~"), RUNS)
                .with("order_by", order)
                .withAll("state", query.states().stream().map(DagRunState::text).toList());
        return Pages.of(api, call, DagRun::from, "dag_runs");
    }

    /** Sets its state, e.g. FAILED, which ends its tasks; that is how Airflow cancels a run. */
    public DagRun setState(String dagId, String runId, DagRunState state) throws AirflowException {
        ObjectNode body = AirflowJson.object().put("state", state.text());
        ApiRequest call = ApiRequest.patch(body, path(dagId, runId));
        return DagRun.from(api.call(api.apiVersion() == ApiVersion.V1 ? call : call.with("update_mask", "state")));
    }

    /** Sets the note, which takes a separate call in v1. */
    public DagRun setNote(String dagId, String runId, String note) throws AirflowException {
        ObjectNode body = AirflowJson.object().put("note", note);
        return DagRun.from(api.call(
                api.apiVersion() == ApiVersion.V1
                        ? ApiRequest.patch(body, path(dagId, runId, "setNote"))
                        : ApiRequest.patch(body, path(dagId, runId)).with("update_mask", "note")));
    }

    /** Makes all of its tasks run again. The server's default would be a dry run. */
    public void clear(String dagId, String runId) throws AirflowException {
        api.call(ApiRequest.post(AirflowJson.object().put("dry_run", false), path(dagId, runId, "clear")));
    }

    public void delete(String dagId, String runId) throws AirflowException {
        api.call(ApiRequest.delete(path(dagId, runId)));
    }

    /**
     * Waits until the run has ended, polling with pauses that grow from 1 s to {@code longest}. Tolerates a server that
     * is away for less than {@code patience}.
     *
     * @param seen receives each answer
     * @throws AirflowException NOT_FOUND when the run is deleted meanwhile
     */
    public DagRun await(String dagId, String runId, Duration longest, Duration patience, Consumer<DagRun> seen)
            throws AirflowException, InterruptedException {
        Duration pause = Duration.ofSeconds(1);
        long lastAnswer = System.nanoTime();
        while (true) {
            try {
                DagRun run = get(dagId, runId);
                lastAnswer = System.nanoTime();
                seen.accept(run);
                if (run.state().isFinal()) {
                    return run;
                }
            } catch (AirflowException e) {
                if (!e.mayPass() || System.nanoTime() - lastAnswer > patience.toNanos()) {
                    throw e;
                }
            }
            Sleeper.REAL.of(pause.compareTo(longest) < 0 ? pause : longest);
            pause = pause.multipliedBy(3).dividedBy(2);
        }
    }

    /** The path of a run, and of the parts below it. */
    static String[] path(String dagId, String runId, String... more) {
        String[] path = new String[4 + more.length];
        path[0] = "dags";
        path[1] = dagId;
        path[2] = RUNS;
        path[3] = runId;
        System.arraycopy(more, 0, path, 4, more.length);
        return path;
    }
}
