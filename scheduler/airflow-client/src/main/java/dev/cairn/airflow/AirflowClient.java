package dev.cairn.airflow;

import java.io.IOException;
import java.util.List;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/**
 * An Airflow server, of version 2 or 3. Thread-safe. Sends nothing before the first call, which detects the version.
 *
 * <pre>{@code
 * try (AirflowClient airflow = AirflowClient.connect(
 *         ConnectionSettings.of("http://localhost:8080", Credentials.password("admin", () -> "secret")))) {
 *     DagRun run = airflow.dagRuns().trigger("etl", TriggerRequest.of("mine-1"));
 *     airflow.dags().list(DagQuery.ALL).forEach(dag -> System.out.println(dag.id()));
 * }
 * }</pre>
 *
 * Every call throws {@link AirflowException}; an interrupt ends a call with {@code NO_ANSWER} and stays set. Streams fetch page by
 * page and throw it inside an {@link java.io.UncheckedIOException}.
 */
public final class AirflowClient implements AutoCloseable {
    private final ApiClient api;
    private final Connections connections;

    private AirflowClient(ApiClient api, Connections connections) {
        this.api = api;
        this.connections = connections;
    }

    /** @throws IOException if the trusted certificates cannot be read; no request has been sent then */
    public static AirflowClient connect(ConnectionSettings settings) throws IOException {
        return connect(settings, Sleeper.REAL);
    }

    static AirflowClient connect(ConnectionSettings settings, Sleeper pause) throws IOException {
        Connections connections = Connections.with(settings);
        return new AirflowClient(new ApiClient(new HttpTransport(connections, settings), settings, pause), connections);
    }

    /** The API that the server speaks. Asks the server once. */
    public ApiVersion apiVersion() throws AirflowException {
        return api.apiVersion();
    }

    /** The version of Airflow, e.g. {@code 3.1.0}. */
    public String version() throws AirflowException {
        return AirflowJson.text(api.call(ApiRequest.get("version")), "version");
    }

    /** The health of the server: {@code GET /health} of v1, {@code GET /monitor/health} of v2. */
    public Health health() throws AirflowException {
        JsonNode answer = api.call(
                api.apiVersion() == ApiVersion.V1 ? ApiRequest.get("health") : ApiRequest.get("monitor", "health"));
        return Health.from(answer);
    }

    public Dags dags() {
        return new Dags(api);
    }

    public DagRuns dagRuns() {
        return new DagRuns(api);
    }

    public TaskInstances taskInstances() {
        return new TaskInstances(api);
    }

    public TaskLogs logs() {
        return new TaskLogs(api);
    }

    public XComs xcoms() {
        return new XComs(api);
    }

    public Variables variables() {
        return new Variables(api);
    }

    /** Airflow 2 calls them datasets. */
    public Assets assets() {
        return new Assets(api);
    }

    /** Airflow 3 only. */
    public Backfills backfills() {
        return new Backfills(api);
    }

    /** Task states, which only Airflow 3.3 and newer has. */
    public StateStore stateStore() {
        return new StateStore(api);
    }

    /**
     * Makes any other call of the API that has no method here.
     *
     * @param path below the API's root, unencoded, e.g. {@code pools/default_pool}; a segment that holds a slash cannot
     *     be given
     * @param body empty for none
     * @return the answer's JSON; null JSON if it has none
     */
    public JsonNode call(String method, String path, Optional<JsonNode> body) throws AirflowException {
        return api.call(new ApiRequest(method, List.of(path.split("/")), List.of(), body, ApiRequest.JSON));
    }

    /** Frees connections; calls under way fail. */
    @Override
    public void close() {
        connections.close();
    }
}
