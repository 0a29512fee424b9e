package dev.cairn.airflow;

import static dev.cairn.airflow.Answers.json;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.cairn.airflow.AirflowException.Kind;
import java.io.IOException;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import mockwebserver3.MockResponse;
import mockwebserver3.RecordedRequest;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What the client asks, and what it makes of answers that a real server gives seldom. */
final class AirflowClientTest {
    private Answers answers;

    @BeforeEach
    void start() throws IOException {
        answers = new Answers();
    }

    @AfterEach
    void stop() {
        answers.close();
    }

    private static AirflowException failure(org.assertj.core.api.ThrowableAssert.ThrowingCallable call) {
        return catchThrowableOfType(AirflowException.class, call);
    }

    private static String dags(int from, int to, String total) {
        String list = IntStream.range(from, to)
                .mapToObj(i -> "{\"dag_id\": \"d" + i + "\", \"is_paused\": false, \"is_stale\": false}")
                .reduce((a, b) -> a + "," + b)
                .orElse("");
        return "{\"dags\": [" + list + "], \"total_entries\": " + total + "}";
    }

    @Test
    void findsOutTheNewerApi() throws Exception {
        answers.then(200, "{\"version\": \"3.9.0\", \"git_version\": null}");
        AirflowClient client = answers.client(answers.settings());
        assertThat(client.apiVersion()).isEqualTo(ApiVersion.V2);
        assertThat(answers.next()).isEqualTo("GET /api/v2/version");
    }

    @Test
    void findsOutTheOlderApiWhereTheNewerIsAPage() throws Exception {
        answers.then(new MockResponse.Builder()
                        .setHeader("Content-Type", "text/html")
                        .body("<html>"))
                .then(200, "{\"version\": \"2.11.2\"}");
        assertThat(answers.client(answers.settings()).apiVersion()).isEqualTo(ApiVersion.V1);
    }

    @Test
    void saysThatTheBasePathIsWrong() throws Exception {
        answers.then(new MockResponse.Builder()
                        .code(404)
                        .setHeader("Content-Type", "text/html")
                        .body("<html>"))
                .then(new MockResponse.Builder().code(404).body("not here"));
        AirflowException e = failure(() -> answers.client(answers.settings()).health());
        assertThat(e.kind()).isEqualTo(Kind.NOT_AIRFLOW);
        assertThat(e).hasMessageContaining("path below which Airflow lies");
    }

    @Test
    void takesTheAddressInEveryForm() {
        for (String form :
                List.of("http://h:8080/x", "http://h:8080/x/", "http://h:8080/x/api/v2/", "http://h:8080/x/api/v1")) {
            assertThat(ConnectionSettings.of(form, Credentials.none()).address())
                    .hasToString("http://h:8080/x");
        }
    }

    @Test
    void goesOnWhereAClampedPageEnded() throws Exception {
        answers.then(200, dags(0, 2, "5")).then(200, dags(2, 4, "5")).then(200, dags(4, 5, "5"));
        assertThat(answers.v2().dags().list(DagQuery.ALL).map(Dag::id)).containsExactly("d0", "d1", "d2", "d3", "d4");
        assertThat(answers.next()).isEqualTo("GET /api/v2/dags?order_by=dag_id&exclude_stale=true&limit=100&offset=0");
        assertThat(answers.next()).endsWith("offset=2");
        assertThat(answers.next()).endsWith("offset=4");
        assertThat(answers.server.getRequestCount()).isEqualTo(3);
    }

    @Test
    void readsToAnEmptyPageWhereThereIsNoTotal() throws Exception {
        answers.then(200, dags(0, 2, "null")).then(200, dags(2, 3, "null")).then(200, dags(0, 0, "null"));
        assertThat(answers.v2().dags().list(DagQuery.ALL)).hasSize(3);
    }

    @Test
    void followsACursor() throws Exception {
        answers.then(
                        200,
                        "{\"dag_runs\": [{\"dag_run_id\": \"a\"}], \"total_entries\": null, \"next_cursor\": \"c+1\"}")
                .then(200, "{\"dag_runs\": [{\"dag_run_id\": \"b\"}], \"total_entries\": null, \"next_cursor\": null}")
                .then(200, "{\"dag_runs\": [], \"total_entries\": null, \"next_cursor\": null}");
        assertThat(answers.v2().dagRuns().list(DagRunQuery.of("d")).map(DagRun::id))
                .containsExactly("a", "b");
        answers.next();
        assertThat(answers.next()).contains("cursor=c%2B1").doesNotContain("offset");
    }

    @Test
    void fetchesOnlyThePagesThatAreRead() throws Exception {
        answers.then(200, dags(0, 2, "5"));
        assertThat(answers.v2().dags().list(DagQuery.ALL).limit(2)).hasSize(2);
        assertThat(answers.server.getRequestCount()).isEqualTo(1);
    }

    @Test
    void keepsUnknownStatesAndFields() throws Exception {
        answers.then(
                        200,
                        "{\"dag_run_id\": \"r\", \"dag_id\": \"d\", \"state\": \"hibernating\", \"mood\": {\"is\": 1}}")
                .then(
                        200,
                        "{\"task_instances\": [{\"task_id\": \"t\", \"state\": \"awaiting_input\"}, {\"task_id\": \"u\", \"state\": null}], \"total_entries\": 2}");
        DagRun run = answers.v2().dagRuns().get("d", "r");
        assertThat(run.state().text()).isEqualTo("hibernating");
        assertThat(run.state().isFinal()).isFalse();
        assertThat(run.state().isKnown()).isFalse();
        assertThat(run.json().path("mood").path("is").asInt()).isEqualTo(1);
        assertThat(answers.v2()
                        .taskInstances()
                        .list("d", "r")
                        .map(task -> task.state().text()))
                .containsExactly("awaiting_input", "");
    }

    @Test
    void triggersWithAnExplicitNullDateOnTheNewerApiOnly() throws Exception {
        answers.then(200, "{\"dag_run_id\": \"r\"}").then(200, "{\"dag_run_id\": \"r\"}");
        answers.v2().dagRuns().trigger("d/e", TriggerRequest.of("r"));
        answers.v1().dagRuns().trigger("d", TriggerRequest.of("r").at(Instant.parse("2026-01-02T03:04:05.000006Z")));
        RecordedRequest newer = answers.request();
        assertThat(newer.getTarget()).isEqualTo("/api/v2/dags/d%2Fe/dagRuns");
        assertThat(Answers.body(newer)).isEqualTo("{\"dag_run_id\":\"r\",\"logical_date\":null,\"conf\":{}}");
        assertThat(Answers.body(answers.request()))
                .isEqualTo("{\"dag_run_id\":\"r\",\"logical_date\":\"2026-01-02T03:04:05.000006Z\",\"conf\":{}}");
    }

    @Test
    void understandsAProblemOfTheOlderApi() throws Exception {
        answers.then(
                new MockResponse.Builder()
                        .code(404)
                        .setHeader("Content-Type", "application/problem+json")
                        .body(
                                "{\"detail\": \"DAG with dag_id: 'x' not found\", \"status\": 404, \"title\": \"DAG not found\", \"type\": \"u\"}"));
        AirflowException e = failure(() -> answers.v1().dags().get("x"));
        assertThat(e.kind()).isEqualTo(Kind.NOT_FOUND);
        assertThat(e)
                .hasMessageContaining("DAG not found: DAG with dag_id: 'x' not found")
                .hasMessageContaining("GET dags/x");
    }

    @Test
    void givesNoHintThatDoesNotFitAProblem() throws Exception {
        answers.then(problem(400, "Bad Request")).then(problem(403, "Forbidden"));
        assertThat(failure(() -> answers.v1().dagRuns().get("d", "r"))).hasMessageEndingWith("HTTP 400: Bad Request");
        assertThat(failure(() -> answers.v1().dagRuns().get("d", "r")))
                .hasMessageContaining("or the password is wrong");
    }

    private static MockResponse.Builder problem(int status, String title) {
        return Answers.json(
                        status,
                        "{\"type\": \"https://airflow.apache.org/docs\", \"title\": \"%s\", \"status\": %d, \"detail\": null}"
                                .formatted(title, status))
                .setHeader("Content-Type", "application/problem+json");
    }

    @Test
    void understandsTheErrorsOfTheNewerApi() throws Exception {
        answers.then(
                        422,
                        "{\"detail\": [{\"type\": \"extra_forbidden\", \"loc\": [\"body\", \"when\"], \"msg\": \"Extra inputs are not permitted\"}]}")
                .then(
                        409,
                        "{\"detail\": {\"reason\": \"Unique constraint violation\", \"statement\": \"INSERT\", \"orig_error\": \"x\"}}")
                .then(400, "{\"detail\": \"DAG with dag_id: 'd' has import errors and cannot be triggered\"}");
        AirflowException invalid = failure(() -> answers.v2().dagRuns().trigger("d", TriggerRequest.of("r")));
        assertThat(invalid.kind()).isEqualTo(Kind.INVALID);
        assertThat(invalid.problems())
                .containsExactly(new AirflowException.Problem("body.when", "Extra inputs are not permitted"));
        AirflowException conflict = failure(() -> answers.v2().dagRuns().trigger("d", TriggerRequest.of("r")));
        assertThat(conflict.kind()).isEqualTo(Kind.CONFLICT);
        assertThat(conflict).hasMessageContaining("Unique constraint violation");
        AirflowException broken = failure(() -> answers.v2().dagRuns().trigger("d", TriggerRequest.of("r")));
        assertThat(broken.kind()).isEqualTo(Kind.INVALID);
        assertThat(broken).hasMessageContaining("import errors");
    }

    @Test
    void readsLogsInEveryForm() throws Exception {
        answers.then(
                        200,
                        "{\"content\": [{\"event\": \"::group::Log\"}, {\"timestamp\": \"2026-01-01T00:00:00Z\", \"event\": \"hello\", \"level\": \"info\"}, \"plain\"], \"continuation_token\": \"t1\"}")
                .then(new MockResponse.Builder()
                        .setHeader("Content-Type", "application/x-ndjson")
                        .setHeader("Airflow-Continuation-Token", "t2")
                        .body("{\"event\": \"one\"}\n{\"event\": \"two\"}\nnot json\n"))
                .then(
                        200,
                        "{\"content\": \"[('host', \\\"it\\\\'s\\\\nfine\\\"), ('b', 'x')]\", \"continuation_token\": null}")
                .then(new MockResponse.Builder()
                        .setHeader("Content-Type", "text/plain")
                        .body("a\nb\n"));
        LogPage first = answers.v2().logs().read("d", "r", "t", -1, 1, Optional.empty());
        assertThat(first)
                .isEqualTo(new LogPage(
                        List.of("::group::Log", "2026-01-01T00:00:00Z INFO hello", "plain"), Optional.of("t1")));
        LogPage second = answers.v2().logs().read("d", "r", "t", -1, 1, first.next());
        assertThat(second).isEqualTo(new LogPage(List.of("one", "two", "not json"), Optional.of("t2")));
        answers.next();
        assertThat(answers.next()).contains("token=t1");
        assertThat(answers.v1()
                        .logs()
                        .read("d", "r", "t", -1, 1, Optional.empty())
                        .lines())
                .containsExactly("it's", "fine", "x");
        assertThat(answers.v1()
                        .logs()
                        .read("d", "r", "t", -1, 1, Optional.empty())
                        .lines())
                .containsExactly("a", "b");
    }

    @Test
    void saysWhatATaskHasRaised() throws Exception {
        answers.then(200, """
                {"content": [{"event": "Task failed with exception", "level": "error", "error_detail": [
                  {"exc_type": "ValueError", "exc_value": "broken", "frames": [
                    {"filename": "/dags/d.py", "lineno": 3, "name": "breaks"}]},
                  {"exc_type": "KeyError", "exc_value": "'n'", "frames": []}]}]}""");
        assertThat(answers.v2()
                        .logs()
                        .read("d", "r", "t", -1, 1, Optional.empty())
                        .lines())
                .containsExactly(
                        "ERROR Task failed with exception",
                        "  File \"/dags/d.py\", line 3, in breaks",
                        "ValueError: broken",
                        "KeyError: 'n'");
    }

    @Test
    void asksForAnAssetByItsExactUri() throws Exception {
        answers.then(
                        200,
                        "{\"assets\": [{\"id\": 1, \"uri\": \"s3://axb\"}, {\"id\": 2, \"uri\": \"s3://a_b\"}], \"total_entries\": 2}")
                .then(
                        200,
                        "{\"id\": 9, \"asset_id\": 2, \"extra\": {\"run\": \"r\"}, \"timestamp\": \"2026-01-01T00:00:00Z\"}");
        Asset asset = answers.v2().assets().find("s3://a_b").orElseThrow();
        assertThat(asset.id()).isEqualTo(2);
        AssetEvent event =
                answers.v2().assets().post(asset, AirflowJson.object().put("run", "r"));
        assertThat(event.extra().path("run").asString()).isEqualTo("r");
        answers.next();
        assertThat(Answers.body(answers.request())).isEqualTo("{\"asset_id\":2,\"extra\":{\"run\":\"r\"}}");
    }

    @Test
    void saysWhatAnAirflowTwoDoesNotHave() throws Exception {
        AirflowClient client = answers.v1();
        assertThat(failure(() -> client.backfills().get(1)).kind()).isEqualTo(Kind.UNSUPPORTED);
        assertThat(failure(() -> client.stateStore().get("d", "r", "t", -1, "k"))
                        .kind())
                .isEqualTo(Kind.UNSUPPORTED);
        assertThat(answers.server.getRequestCount()).isZero();
    }

    @Test
    void keepsAndFindsStateOfATask() throws Exception {
        answers.then(new MockResponse.Builder().code(204))
                .then(200, "{\"key\": \"k\", \"value\": {\"run\": 1}, \"updated_at\": null, \"expires_at\": null}")
                .then(404, "{\"detail\": \"Task state store key 'k' not found\"}");
        StateStore store = answers.v2().stateStore();
        store.put("d", "r", "t", -1, "k", AirflowJson.object().put("run", 1));
        assertThat(store.get("d", "r", "t", -1, "k").orElseThrow().path("run").asInt())
                .isEqualTo(1);
        assertThat(store.get("d", "r", "t", -1, "k")).isEmpty();
        assertThat(answers.next()).isEqualTo("PUT /api/v2/dags/d/dagRuns/r/taskInstances/t/state-store/k?map_index=-1");
    }

    @Test
    void refusesToFollowToALoginPage() throws Exception {
        answers.then(new MockResponse.Builder().code(302).setHeader("Location", "https://sso.example/login"));
        AirflowException e = failure(() -> answers.v2().dags().get("d"));
        assertThat(e.kind()).isEqualTo(Kind.NOT_AIRFLOW);
        assertThat(e).hasMessageContaining("https://sso.example/login");
    }

    @Test
    void clearsForRealAndNotAsATry() throws Exception {
        answers.then(json(200, "{\"task_instances\": [{\"task_id\": \"t\", \"state\": \"failed\"}]}"));
        assertThat(answers.v2().taskInstances().clear("d", "r", List.of(), true))
                .hasSize(1);
        assertThat(Answers.body(answers.request()))
                .contains("\"dry_run\":false")
                .contains("\"only_failed\":true");
    }
}
