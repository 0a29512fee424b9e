package dev.cairn.airflow.step;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cairn.airflow.AirflowDouble;
import dev.cairn.airflow.config.AirflowConnections;
import dev.cairn.run.OpenResult;
import dev.cairn.run.ResumeOptions;
import dev.cairn.run.RunOutcome;
import dev.cairn.run.RunSession;
import dev.cairn.run.StepRunner;
import dev.cairn.run.WorkflowRequest;
import dev.cairn.run.control.StopKind;
import dev.cairn.run.event.RunEvent;
import dev.cairn.run.home.CairnHome;
import dev.cairn.run.manifest.RunState;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a step with {@code uses: airflow} does, by what the server sees and what the run leaves. */
final class AirflowStepTest {
    @TempDir
    Path folder;

    private AirflowDouble airflow;

    @BeforeEach
    void start() throws IOException {
        airflow = new AirflowDouble();
    }

    @AfterEach
    void stop() {
        airflow.close();
    }

    private StepRunner runner() throws IOException {
        CairnHome home = CairnHome.findOrCreate(folder, Map.of());
        AirflowAction action =
                new AirflowAction(new AirflowConnections(home.path(), airflow.environment()), Clock.systemUTC());
        return new StepRunner(home, Map.of(), Map.of(AirflowAction.NAME, action), Clock.systemUTC(), Map.of());
    }

    private Path flow(String with, String more) throws IOException {
        return Files.writeString(
                folder.resolve("flow.yaml"),
                "name: n\nsteps:\n  - id: dag\n    uses: airflow\n    with: {connection: fake, poll: 20ms, " + with
                        + "}\n" + more);
    }

    private RunSession open(OpenResult opening) {
        return ((OpenResult.Ready) opening).session();
    }

    private RunOutcome run(String with, String more) throws Exception {
        return open(runner().run(WorkflowRequest.of(flow(with, more)))).run(event -> {});
    }

    private RunOutcome resume() throws Exception {
        StepRunner runner = runner();
        return open(runner.resume(runFolder(runner), ResumeOptions.NONE, true)).run(event -> {});
    }

    private dev.cairn.run.manifest.RunFolder runFolder(StepRunner runner) throws IOException {
        try (var runs = Files.list(folder.resolve(".cairn/runs"))) {
            return new dev.cairn.run.manifest.RunFolder(runs.findFirst().orElseThrow());
        }
    }

    private String log() throws IOException {
        return Files.readString(runFolder(runner()).step("dag").stdout());
    }

    @Test
    void triggersADagRunAndFollowsItToItsEnd() throws Exception {
        RunOutcome outcome = run(
                "dag: d, conf: {n: 1.5, list: [a, true]}, logs: true, xcom: {rows: t}",
                "    outputs: {rows: '${{ run.dir }}/rows.json'}\n");
        assertThat(outcome.state()).as(outcome.message()).isEqualTo(RunState.SUCCEEDED);
        assertThat(airflow.triggers()).hasSize(1);
        String id = airflow.triggers().get(0);
        assertThat(id).matches("cairn__n-[0-9a-z-]+__dag");
        assertThat(airflow.run(id).path("conf").toString()).isEqualTo("{\"n\":1.5,\"list\":[\"a\",true]}");
        assertThat(Files.readString(runFolder(runner()).work().resolve("rows.json")))
                .isEqualTo("{\"rows\":7}\n");
        assertThat(log())
                .contains("airflow: triggered DAG d, DAG run " + id)
                .contains("airflow: task t: success")
                .contains("t | written by the task");
    }

    @Test
    void saysAtOnceThatTheDagIsPaused() throws Exception {
        airflow.dag(dag -> dag.put("is_paused", true));
        RunOutcome outcome = run("dag: d", "");
        assertThat(outcome.state()).isEqualTo(RunState.FAILED);
        assertThat(outcome.message()).contains("DAG d is paused");
        assertThat(airflow.triggers()).isEmpty();
    }

    @Test
    void saysAtOnceThatThereIsNoSuchDagAndSparesTheRetries() throws Exception {
        RunOutcome outcome = run("dag: other", "    retry: {max: 3, delay: 1h}\n");
        assertThat(outcome.state()).isEqualTo(RunState.FAILED);
        assertThat(outcome.message()).contains("there is no DAG other").doesNotContain("retry");
        assertThat(airflow.triggers()).isEmpty();
    }

    @Test
    void retriesWhatMayHaveBeenMendedMeanwhile() throws Exception {
        airflow.dag(dag -> dag.put("is_paused", true));
        RunOutcome outcome = run("dag: d", "    retry: {max: 1, delay: 10ms}\n");
        assertThat(outcome.message()).contains("DAG d is paused");
        assertThat(runFolder(runner()).step("dag").attempt(2)).exists();
    }

    @Test
    void saysAtOnceThatTheDagCannotBeImported() throws Exception {
        airflow.dag(dag -> dag.put("has_import_errors", true).put("fileloc", "/dags/d.py"));
        assertThat(run("dag: d", "").message()).contains("import errors").contains("SyntaxError: no");
        assertThat(airflow.triggers()).isEmpty();
    }

    @Test
    void saysWhatOfItsParametersDoesNotFit() throws Exception {
        assertThat(run("dag: d, on_existing_failure: retry", "").message())
                .contains("with.on_existing_failure is fail, clear or new");
        assertThat(run("dag: d, xcom: {rows: t}", "").message()).contains("outputs: {rows: PATH}");
        assertThat(run("dag: d, logical_date: soon", "").message()).contains("with.logical_date");
        assertThat(airflow.triggers()).isEmpty();
    }

    @Test
    void saysThatAnXComIsMissing() throws Exception {
        RunOutcome outcome = run("dag: d, xcom: {rows: {task: t, key: other}}", "    outputs: {rows: rows.json}\n");
        assertThat(outcome.message()).contains("left no XCom t other");
    }

    @Test
    void failsWithTheDagRunAndTriggersNoOtherOnRetry() throws Exception {
        airflow.states("failed");
        RunOutcome outcome = run("dag: d", "    retry: 2\n");
        assertThat(outcome.state()).isEqualTo(RunState.FAILED);
        assertThat(outcome.message()).contains("on_existing_failure: clear or new");
        assertThat(airflow.triggers()).hasSize(1);
        assertThat(airflow.cleared()).isEmpty();
    }

    @Test
    void followsAFailedDagRunThatSomebodyHasClearedSince() throws Exception {
        airflow.states("failed");
        assertThat(run("dag: d", "").state()).isEqualTo(RunState.FAILED);
        airflow.forgetEnd(airflow.triggers().get(0)).states("running", "success");
        assertThat(resume().state()).isEqualTo(RunState.SUCCEEDED);
        assertThat(airflow.triggers()).hasSize(1);
    }

    @Test
    void clearsTheFailedTasksOnRetry() throws Exception {
        airflow.states("failed", "running", "success");
        RunOutcome outcome = run("dag: d, on_existing_failure: clear", "    retry: 1\n");
        assertThat(outcome.state()).as(outcome.message()).isEqualTo(RunState.SUCCEEDED);
        assertThat(airflow.triggers()).hasSize(1);
        assertThat(airflow.cleared()).hasSize(1);
    }

    @Test
    void clearsOncePerAttemptAlthoughTheAnswerIsLost() throws Exception {
        airflow.states("failed", "queued", "running", "success");
        airflow.behave((request, what) ->
                what.endsWith("clearTaskInstances") ? AirflowDouble.Fault.SILENCE_AFTER : AirflowDouble.Fault.NONE);
        assertThat(run("dag: d, on_existing_failure: clear", "    retry: 1\n").state())
                .isEqualTo(RunState.SUCCEEDED);
        assertThat(airflow.cleared()).hasSize(1);
    }

    @Test
    void triggersAnotherOnRetryWhereThatIsAskedFor() throws Exception {
        airflow.states("failed");
        RunOutcome outcome = run("dag: d, on_existing_failure: new", "    retry: 1\n");
        assertThat(outcome.state()).isEqualTo(RunState.FAILED);
        String first = airflow.triggers().get(0);
        assertThat(airflow.triggers()).containsExactly(first, first + "__2");
    }

    @Test
    void neverTakesAForeignDagRunForItsOwn() throws Exception {
        // somebody else's run of the same id, as it could be there after a restored backup
        airflow.behave((request, what) -> {
            if (what.startsWith("GET /api/v2/dags/d/dagRuns/cairn__")
                    && airflow.triggers().isEmpty()) {
                airflow.plant(what.substring(what.lastIndexOf('/') + 1), "{\"n\": 2}");
            }
            return AirflowDouble.Fault.NONE;
        });
        assertThat(run("dag: d, conf: {n: 1}", "").message()).contains("another conf");
    }

    @Test
    void saysThatTheDagRunWasDeletedAndTriggersNoOther() throws Exception {
        airflow.states("running");
        airflow.behave((request, what) -> {
            if (request > 12) {
                airflow.forget(airflow.triggers().get(0));
            }
            return AirflowDouble.Fault.NONE;
        });
        assertThat(run("dag: d", "").message()).contains("was deleted in Airflow");
        assertThat(airflow.triggers()).hasSize(1);
    }

    @Test
    void cancelsTheDagRunWithTheRun() throws Exception {
        RunOutcome outcome = stopped(StopKind.CANCEL);
        assertThat(outcome.state()).isEqualTo(RunState.CANCELLED);
        assertThat(airflow.run(airflow.triggers().get(0)).path("state").asString())
                .isEqualTo("failed");
    }

    @Test
    void endsTheDagRunAtTheTimeout() throws Exception {
        airflow.states("running");
        RunOutcome outcome = run("dag: d", "    timeout: 1s\n");
        assertThat(outcome.state()).isEqualTo(RunState.FAILED);
        assertThat(outcome.message()).contains("timeout");
        assertThat(airflow.run(airflow.triggers().get(0)).path("state").asString())
                .isEqualTo("failed");
    }

    @Test
    void leavesTheDagRunWhenInterruptedAndFollowsItAgain() throws Exception {
        assertThat(stopped(StopKind.INTERRUPT).state()).isEqualTo(RunState.INTERRUPTED);
        assertThat(airflow.run(airflow.triggers().get(0)).path("state").asString())
                .isEqualTo("running");
        airflow.states("running", "success");
        assertThat(resume().state()).isEqualTo(RunState.SUCCEEDED);
        assertThat(airflow.triggers()).hasSize(1);
    }

    private RunOutcome stopped(StopKind kind) throws Exception {
        airflow.states("running");
        RunSession session = open(runner().run(WorkflowRequest.of(flow("dag: d", ""))));
        CompletableFuture<RunOutcome> outcome = CompletableFuture.supplyAsync(() -> {
            try {
                return session.run((RunEvent event) -> {});
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
        });
        Awaitility.await()
                .atMost(Duration.ofSeconds(30))
                .pollInterval(Duration.ofMillis(20))
                // The server knows of the DAG run before the step has written its first line.
                .ignoreException(NoSuchFileException.class)
                .until(() -> !airflow.triggers().isEmpty() && log().contains("task t: running"));
        session.stop(kind, "test");
        return await(outcome);
    }

    private static RunOutcome await(CompletableFuture<RunOutcome> outcome)
            throws InterruptedException, ExecutionException, java.util.concurrent.TimeoutException {
        return outcome.get(30, TimeUnit.SECONDS);
    }

    @Test
    void waitsPatientlyForAServerThatIsAwayForAWhile() throws Exception {
        airflow.states("queued", "running", "running", "success");
        airflow.behave(
                (request, what) -> request > 8 && request < 20 ? AirflowDouble.Fault.ERROR : AirflowDouble.Fault.NONE);
        assertThat(run("dag: d", "").state()).isEqualTo(RunState.SUCCEEDED);
        assertThat(airflow.triggers()).hasSize(1);
        assertThat(log())
                .containsOnlyOnce("HTTP 500")
                .containsOnlyOnce("; asked again for up to ")
                .containsOnlyOnce("airflow: the server answers again\n");
    }

    @Test
    void saysWhichConnectionsThereAre() throws Exception {
        RunOutcome outcome = open(runner().run(WorkflowRequest.of(Files.writeString(
                        folder.resolve("flow.yaml"),
                        "steps: [{id: dag, uses: airflow, with: {connection: none, dag: d}}]\n"))))
                .run(event -> {});
        assertThat(outcome.message()).contains("no Airflow connection \"none\"; there are fake");
    }
}
