package dev.cairn.airflow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.cairn.airflow.AirflowException.Kind;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.function.ThrowingConsumer;
import org.junit.jupiter.api.io.TempDir;

/** What the client promises, on real servers: the same lines for each version. {@code -Dcairn.long=true}: it installs them and takes minutes. */
@EnabledIfSystemProperty(named = "cairn.long", matches = "true")
final class ServerContractTest {
    @TempDir
    Path folder;

    @TestFactory
    Stream<DynamicTest> holds() {
        return Stream.of("3.3.2", "2.11.2").flatMap(this::on);
    }

    private Stream<DynamicTest> on(String version) {
        List<DynamicTest> tests = new ArrayList<>();
        RealAirflow[] server = new RealAirflow[1];
        tests.add(DynamicTest.dynamicTest(
                version + " starts", () -> server[0] = RealAirflow.start(version, folder.resolve(version))));
        add(tests, version, server, "tells its version and health", ServerContract::versionAndHealth);
        add(tests, version, server, "lists, gets and pauses DAGs", ServerContract::dags);
        add(tests, version, server, "finds DAGs by their tags", ServerContractTest::tags);
        add(tests, version, server, "tells what could not be imported", ServerContractTest::importErrors);
        add(tests, version, server, "runs a DAG, its tasks, logs and XCom", ServerContract::runs);
        add(tests, version, server, "clears what failed", ServerContract::clears);
        add(tests, version, server, "cancels by failing", ServerContract::cancels);
        add(tests, version, server, "names its errors", ServerContract::errors);
        add(tests, version, server, "keeps variables", ServerContractTest::variables);
        add(tests, version, server, "takes events", ServerContractTest::events);
        add(tests, version, server, "has what is newer, or says that it has not", ServerContractTest::newer);
        tests.add(DynamicTest.dynamicTest(version + " ends", () -> server[0].close()));
        return tests.stream();
    }

    private static void add(
            List<DynamicTest> tests,
            String version,
            RealAirflow[] server,
            String what,
            ThrowingConsumer<RealAirflow> test) {
        tests.add(DynamicTest.dynamicTest(version + " " + what, () -> test.accept(server[0])));
    }

    private static void tags(RealAirflow airflow) throws Exception {
        Dags dags = airflow.client().dags();
        assertThat(dags.list(DagQuery.ALL).map(Dag::id)).contains("on_asset");
        assertThat(dags.list(new DagQuery(Optional.empty(), List.of("contract"), false))
                        .map(Dag::id))
                .containsExactly("contract");
    }

    private static void importErrors(RealAirflow airflow) {
        List<ImportError> errors = airflow.client().dags().importErrors().toList();
        assertThat(errors).hasSize(1);
        assertThat(errors.get(0).file()).endsWith("broken.py");
        assertThat(errors.get(0).reason()).contains("broken on purpose");
    }

    private static void variables(RealAirflow airflow) throws Exception {
        Variables variables = airflow.client().variables();
        assertThat(variables.create("cairn", "1").value()).isEqualTo("1");
        assertThat(variables.update("cairn", "2").value()).isEqualTo("2");
        assertThat(variables.get("cairn").value()).isEqualTo("2");
        assertThat(variables.list().map(Variable::key)).containsExactly("cairn");
        variables.delete("cairn");
        assertThat(failure(() -> variables.get("cairn")).kind()).isEqualTo(Kind.NOT_FOUND);
    }

    private static void events(RealAirflow airflow) throws Exception {
        AirflowClient client = airflow.client();
        assertThat(client.assets().find("cairn://contrac%")).isEmpty();
        Asset asset = client.assets().find("cairn://contract").orElseThrow();
        AssetEvent sent = client.assets().post(asset, AirflowJson.object().put("run", "r-1"));
        assertThat(client.assets().events(asset).map(AssetEvent::id)).contains(sent.id());
        assertThat(client.assets()
                        .events(asset)
                        .map(event -> event.extra().path("run").asString("")))
                .contains("r-1");
        Awaitility.await("the run that the event starts")
                .atMost(Duration.ofMinutes(2))
                .until(() -> client.dagRuns().list(DagRunQuery.of("on_asset")).count() == 1);
    }

    private static void newer(RealAirflow airflow) throws Exception {
        AirflowClient client = airflow.client();
        if (client.apiVersion() == ApiVersion.V1) {
            assertThat(failure(() -> client.backfills().get(1)).kind()).isEqualTo(Kind.UNSUPPORTED);
            return;
        }
        DagRun run = client.dagRuns().trigger("slow", TriggerRequest.of("state"));
        Awaitility.await()
                .atMost(Duration.ofMinutes(2))
                .until(() -> client.taskInstances().list("slow", run.id()).count() == 1);
        StateStore store = client.stateStore();
        assertThat(store.get("slow", run.id(), "sleeps", -1, "cairn")).isEmpty();
        store.put("slow", run.id(), "sleeps", -1, "cairn", AirflowJson.object().put("run", "r"));
        assertThat(store.get("slow", run.id(), "sleeps", -1, "cairn")
                        .orElseThrow()
                        .path("run")
                        .asString())
                .isEqualTo("r");
        store.delete("slow", run.id(), "sleeps", -1, "cairn");
        assertThat(store.get("slow", run.id(), "sleeps", -1, "cairn")).isEmpty();
        client.dagRuns().setState("slow", run.id(), DagRunState.FAILED);
        backfills(client.backfills());
    }

    private static void backfills(Backfills backfills) throws Exception {
        Instant first = Instant.parse("2026-01-02T00:00:00Z");
        BackfillRequest request = new BackfillRequest("daily", first, first.plus(2, ChronoUnit.DAYS), 1, "none");
        Backfill made = Awaitility.await("a database that is not locked: it is SQLite")
                .atMost(Duration.ofMinutes(1))
                .ignoreExceptionsMatching(e -> e instanceof AirflowException airflow
                        && airflow.status().equals(OptionalInt.of(503)))
                .until(() -> backfills.create(request), created -> true);
        assertThat(made.dagId()).isEqualTo("daily");
        assertThat(backfills.pause(made.id()).paused()).isTrue();
        assertThat(backfills.get(made.id()).paused()).isTrue();
        assertThat(backfills.unpause(made.id()).paused()).isFalse();
        assertThat(backfills.cancel(made.id()).completed()).isPresent();
        assertThat(backfills.list("daily").map(Backfill::id)).containsExactly(made.id());
        assertThat(failure(() -> backfills.cancel(made.id())).kind()).isEqualTo(Kind.CONFLICT);
        assertThat(failure(() -> backfills.get(made.id() + 1)).kind()).isEqualTo(Kind.NOT_FOUND);
    }

    private static AirflowException failure(org.assertj.core.api.ThrowableAssert.ThrowingCallable call) {
        return catchThrowableOfType(AirflowException.class, call);
    }
}
