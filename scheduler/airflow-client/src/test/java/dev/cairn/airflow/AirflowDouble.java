package dev.cairn.airflow;

import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;
import mockwebserver3.Dispatcher;
import mockwebserver3.MockResponse;
import mockwebserver3.MockWebServer;
import mockwebserver3.RecordedRequest;
import mockwebserver3.SocketEffect;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * An Airflow 3 that holds its DAG runs in memory and can be made to misbehave at any request. What it does well is what the contract
 * test has seen real servers do. Thread-safe.
 */
public final class AirflowDouble extends Dispatcher implements AutoCloseable {
    /** What happens to one request. */
    public enum Fault {
        NONE,
        /** 500, and nothing was done. */
        ERROR,
        /** It is carried out, and 500 is the answer. */
        ERROR_AFTER,
        /** It is carried out, and no answer ever comes. */
        SILENCE_AFTER,
        /** It is carried out when the test says so ({@link #release}), and no answer ever comes. */
        SILENCE_BEFORE,
        /** It is carried out, and 409 is the answer, as when somebody in between had asked twice. */
        CONFLICT_AFTER
    }

    /** Decides, and may do something before and after a request is carried out. */
    public interface Behaviour {
        Fault at(int request, String what);

        default void after(int request, String what) {}
    }

    private final MockWebServer server = new MockWebServer();
    private final Map<String, ObjectNode> runs = new LinkedHashMap<>();
    private final Map<String, Integer> looks = new LinkedHashMap<>();
    private final List<String> triggers = new ArrayList<>();
    private final List<String> events = new ArrayList<>();
    private final List<Runnable> held = new ArrayList<>();
    private final List<String> cleared = new ArrayList<>();
    private final ObjectNode dag =
            AirflowJson.object().put("dag_id", "d").put("is_paused", false).put("is_stale", false);
    private List<String> states = List.of("queued", "running", "success");
    private Behaviour behaviour = (request, what) -> Fault.NONE;
    private int requests;

    public AirflowDouble() throws IOException {
        server.setDispatcher(this);
        server.start();
    }

    public String address() {
        return server.url("/").toString();
    }

    /** Variables that make it the connection {@code fake}. */
    public Map<String, String> environment() {
        return environment("FAKE");
    }

    /** @param name of the connection, in upper case */
    public Map<String, String> environment(String name) {
        return Map.of(
                "CAIRN_AIRFLOW_" + name + "_URL", address(),
                "CAIRN_AIRFLOW_" + name + "_USER", "admin",
                "CAIRN_AIRFLOW_" + name + "_PASSWORD", "secret",
                "CAIRN_AIRFLOW_" + name + "_TIMEOUT", "300ms");
    }

    public synchronized AirflowDouble behave(Behaviour chosen) {
        behaviour = chosen;
        requests = 0;
        return this;
    }

    /** The states that a run has, look by look; the last one stays. */
    public synchronized AirflowDouble states(String... chosen) {
        states = List.of(chosen);
        looks.clear();
        return this;
    }

    public synchronized AirflowDouble dag(Consumer<ObjectNode> change) {
        change.accept(dag);
        return this;
    }

    public synchronized void forget(String runId) {
        runs.remove(runId);
    }

    /** As when somebody clears it. */
    public synchronized AirflowDouble forgetEnd(String runId) {
        Objects.requireNonNull(runs.get(runId)).remove("end_date");
        return this;
    }

    /** A run that nobody has triggered here. */
    public synchronized void plant(String runId, String conf) {
        ObjectNode run =
                AirflowJson.object().put("dag_run_id", runId).put("dag_id", "d").put("state", "queued");
        run.set("conf", AirflowJson.MAPPER.readTree(conf));
        runs.put(runId, run);
    }

    /** Ids of the runs that were made, one for each that was. */
    public synchronized List<String> triggers() {
        return List.copyOf(triggers);
    }

    public synchronized List<String> cleared() {
        return List.copyOf(cleared);
    }

    /** What asset events said, in their order. */
    public synchronized List<String> events() {
        return List.copyOf(events);
    }

    public synchronized JsonNode run(String id) {
        return Objects.requireNonNull(runs.get(id), "no run " + id).deepCopy();
    }

    @Override
    public MockResponse dispatch(RecordedRequest request) {
        String what = request.getMethod() + " " + request.getUrl().encodedPath();
        int number;
        Behaviour decides;
        synchronized (this) {
            number = ++requests;
            decides = behaviour;
        }
        Fault fault = decides.at(number, what);
        if (fault == Fault.ERROR) {
            return answer(500, "{\"detail\": \"out of order\"}");
        }
        if (fault == Fault.SILENCE_BEFORE) {
            synchronized (this) {
                held.add(() -> carryOut(request, what));
            }
            return silence();
        }
        MockResponse answer = carryOut(request, what);
        decides.after(number, what);
        return switch (fault) {
            case ERROR_AFTER -> answer(500, "{\"detail\": \"out of order\"}");
            case CONFLICT_AFTER -> answer(409, "{\"detail\": {\"reason\": \"Unique constraint violation\"}}");
            case SILENCE_AFTER -> silence();
            default -> answer;
        };
    }

    private static MockResponse silence() {
        return new MockResponse.Builder()
                .onResponseStart(SocketEffect.Stall.INSTANCE)
                .build();
    }

    /** Carries out what it has kept waiting. */
    public synchronized void release() {
        held.forEach(Runnable::run);
        held.clear();
    }

    private synchronized MockResponse carryOut(RecordedRequest request, String what) {
        List<String> path = request.getUrl().pathSegments();
        String last = path.get(path.size() - 1);
        if (what.equals("GET /api/v2/version")) {
            return answer(200, "{\"version\": \"3.99.0\"}");
        }
        if (what.equals("GET /api/v2/monitor/health")) {
            return answer(
                    200, "{\"metadatabase\": {\"status\": \"healthy\"}, \"scheduler\": {\"status\": \"healthy\"}}");
        }
        if (what.equals("POST /auth/token")) {
            return answer(201, "{\"access_token\": \"t\"}");
        }
        if (!"Bearer t".equals(request.getHeaders().get("Authorization"))) {
            return answer(401, "{\"detail\": \"Not authenticated\"}");
        }
        if (what.contains("/assets")) {
            return assets(request, what);
        }
        if (what.equals("GET /api/v2/importErrors")) {
            return answer(
                    200,
                    dag.path("has_import_errors").asBoolean(false)
                            ? "{\"import_errors\": [{\"filename\": \"d.py\", \"stack_trace\": \"File d.py\\nSyntaxError: no\"}], \"total_entries\": 1}"
                            : "{\"import_errors\": [], \"total_entries\": 0}");
        }
        if (last.equals("dags")) {
            return answer(200, "{\"dags\": [" + dag + "], \"total_entries\": 1}");
        }
        if (last.equals("dagRuns") && request.getMethod().equals("GET")) {
            return answer(
                    200,
                    "{\"dag_runs\": " + new ArrayList<>(runs.values()) + ", \"total_entries\": " + runs.size() + "}");
        }
        if (path.size() == 4 && request.getMethod().equals("PATCH")) {
            dag.put("is_paused", body(request).path("is_paused").asBoolean());
            return answer(200, dag.toString());
        }
        if (path.size() == 4 && path.get(2).equals("dags")) {
            return last.equals(dag.path("dag_id").asString())
                    ? answer(200, dag.toString())
                    : answer(404, "{\"detail\": \"no such DAG\"}");
        }
        if (last.equals("dagRuns") && request.getMethod().equals("POST")) {
            return trigger(body(request));
        }
        if (last.equals("clearTaskInstances")) {
            return clear(body(request));
        }
        return ofRun(request, path);
    }

    private MockResponse ofRun(RecordedRequest request, List<String> path) {
        ObjectNode run = path.size() > 5 ? runs.get(path.get(5)) : null;
        if (run == null && path.get(path.size() - 1).equals("taskInstances")) {
            return answer(200, "{\"task_instances\": [], \"total_entries\": 0}"); // as of Airflow 2
        }
        if (run == null) {
            return answer(404, "{\"detail\": \"The DagRun was not found\"}");
        }
        if (request.getMethod().equals("PATCH")) {
            run.put("state", body(request).path("state").asString()).put("end_date", "2026-01-01T00:00:09Z");
            return answer(200, run.toString());
        }
        if (path.size() == 6) {
            return answer(200, looked(run).toString());
        }
        if (path.contains("xcomEntries")) {
            boolean known = path.get(path.size() - 1).equals("return_value");
            return known
                    ? answer(200, "{\"key\": \"return_value\", \"value\": {\"rows\": 7}}")
                    : answer(404, "{\"detail\": \"XCom not found\"}");
        }
        if (path.contains("logs")) {
            return answer(200, "{\"content\": [{\"event\": \"written by the task\"}], \"continuation_token\": null}");
        }
        String state = run.path("state").asString();
        return answer(
                200,
                "{\"task_instances\": [{\"task_id\": \"t\", \"map_index\": -1, \"try_number\": 1, \"state\": \""
                        + (state.equals("queued") ? "scheduled" : state) + "\"}], \"total_entries\": 1}");
    }

    private ObjectNode looked(ObjectNode run) {
        String id = run.path("dag_run_id").asString();
        if (run.has("end_date")) {
            return run;
        }
        int look = looks.merge(id, 1, Integer::sum) - 1;
        String state = states.get(Math.min(look, states.size() - 1));
        run.put("state", state);
        if (state.equals("success") || state.equals("failed")) {
            run.put("end_date", "2026-01-01T00:00:0" + (1 + cleared.size()) + "Z");
        }
        return run;
    }

    private MockResponse trigger(JsonNode body) {
        String id = body.path("dag_run_id").asString();
        if (runs.containsKey(id)) {
            return answer(409, "{\"detail\": {\"reason\": \"Unique constraint violation\"}}");
        }
        triggers.add(id);
        ObjectNode run =
                AirflowJson.object().put("dag_run_id", id).put("dag_id", "d").put("state", "queued");
        run.set("conf", body.path("conf"));
        runs.put(id, run);
        return answer(200, run.toString());
    }

    private MockResponse clear(JsonNode body) {
        String id = body.path("dag_run_id").asString();
        cleared.add(id);
        ObjectNode run = Objects.requireNonNull(runs.get(id));
        run.remove("end_date");
        run.put("state", "queued");
        return answer(200, "{\"task_instances\": [{\"task_id\": \"t\"}], \"total_entries\": 1}");
    }

    private MockResponse assets(RecordedRequest request, String what) {
        if (what.equals("GET /api/v2/assets")) {
            return answer(200, "{\"assets\": [{\"id\": 4, \"uri\": \"s3://a/b\"}], \"total_entries\": 1}");
        }
        if (request.getMethod().equals("POST")) {
            events.add(body(request).path("extra").toString());
            return answer(200, "{\"id\": " + events.size() + ", \"asset_id\": 4}");
        }
        return answer(
                200,
                "{\"asset_events\": ["
                        + String.join(
                                ",",
                                events.stream()
                                        .map(extra -> "{\"id\": 1, \"extra\": " + extra + "}")
                                        .toList())
                        + "], \"total_entries\": " + events.size() + "}");
    }

    private static JsonNode body(RecordedRequest request) {
        return AirflowJson.MAPPER.readTree(
                Objects.requireNonNull(request.getBody()).utf8());
    }

    private static MockResponse answer(int status, String body) {
        return Answers.json(status, body).build();
    }

    @Override
    public void close() {
        server.close();
    }
}
