package dev.cairn.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.cairn.run.event.RunEvent;
import dev.cairn.run.home.CairnHome;
import dev.cairn.run.manifest.RunState;
import java.nio.file.Files;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The front door, with the engines that it finds by itself. */
class CairnTest {
    private static final String WAIT = "touch started; while [ ! -e go ]; do sleep 0.05; done";

    @TempDir
    Path folder;

    private Cairn cairn;

    @BeforeEach
    void open() throws Exception {
        Files.createDirectory(folder.resolve(CairnHome.FOLDER)); // a .cairn above the test's folder is not meant
        cairn = Cairn.open(folder);
    }

    @AfterEach
    void close() {
        cairn.close();
    }

    @Test
    void runsACommandInItsFolder() throws Exception {
        Queue<RunEvent> events = new ConcurrentLinkedQueue<>();
        RunOutcome outcome = shell("echo done > result.txt").run(events::add);

        assertThat(outcome.orThrow().state()).isEqualTo(RunState.SUCCEEDED);
        assertThat(folder.resolve("result.txt")).hasContent("done");
        assertThat(events).hasAtLeastOneElementOfType(RunEvent.AttemptEnded.class);
    }

    @Test
    void aFailedCommandIsAnOutcomeThatCanBeThrown() throws Exception {
        RunOutcome outcome = shell("exit 3").run();

        assertThat(outcome.state()).isEqualTo(RunState.FAILED);
        assertThat(outcome.exit().orElseThrow().exitCode()).hasValue(3);
        assertThatThrownBy(outcome::orThrow)
                .isInstanceOfSatisfying(
                        RunNotSucceededException.class,
                        thrown -> assertThat(thrown.outcome()).isSameAs(outcome))
                .hasMessageStartingWith("the run is failed: ");
    }

    @Test
    void runsAWorkflowFileOfItsFolder() throws Exception {
        Files.writeString(
                folder.resolve("flow.yaml"),
                "defaults: {checkpoint: {engine: none}}\nsteps: [{id: one, run: echo two > three.txt}]\n");

        cairn.run(Path.of("flow.yaml")).orThrow();
        assertThat(folder.resolve("three.txt")).hasContent("two");
    }

    @Test
    void doesNothingForAKeyThatHasSucceeded() throws Exception {
        Files.writeString(
                folder.resolve("flow.yaml"),
                "defaults: {checkpoint: {engine: none}}\nsteps: [{id: one, run: echo x >> log.txt}]\n");
        WorkflowRequest once = WorkflowRequest.of(folder.resolve("flow.yaml")).withKey("once");

        cairn.run(once, event -> {}).orThrow();
        cairn.run(once, event -> {}).orThrow();
        assertThat(folder.resolve("log.txt")).hasContent("x");
    }

    @Test
    void saysWhatIsWrongWithAWorkflow() throws Exception {
        Files.writeString(folder.resolve("flow.yaml"), "stepz: []\n");

        assertThatThrownBy(() -> cairn.run(Path.of("flow.yaml")))
                .isInstanceOfSatisfying(
                        RunNotStartedException.class,
                        thrown -> assertThat(thrown.result()).isInstanceOf(OpenResult.Invalid.class))
                .hasMessageContaining("stepz");
    }

    @Test
    void saysWhatThisHostHasNot() {
        assertThatThrownBy(() -> shell("true").engine("dmtcp").run())
                .isInstanceOfSatisfying(
                        RunNotStartedException.class,
                        thrown -> assertThat(thrown.result()).isInstanceOf(OpenResult.Refused.class))
                .hasMessageContaining("dmtcp");
    }

    @Test
    void closingStopsWhatIsUnderWayAndTheNextResumesIt() throws Exception {
        CompletableFuture<RunOutcome> outcome = CompletableFuture.supplyAsync(() -> unchecked(shell(WAIT)));
        await().atMost(Duration.ofMinutes(1)).until(() -> Files.exists(folder.resolve("started")));
        try (Cairn other = Cairn.open(folder)) {
            assertThatThrownBy(() -> other.exec("sh", "-c", WAIT)
                            .named("test")
                            .engine("none")
                            .run())
                    .isInstanceOfSatisfying(
                            RunNotStartedException.class,
                            thrown -> assertThat(thrown.result()).isInstanceOf(OpenResult.Held.class))
                    .hasMessageContaining("is held by");
        }
        cairn.close();
        assertThat(outcome.get().state()).isEqualTo(RunState.INTERRUPTED);
        assertThatThrownBy(() -> shell(WAIT).run()).isInstanceOf(IllegalStateException.class);

        Files.createFile(folder.resolve("go"));
        try (Cairn again = Cairn.open(folder)) {
            again.exec("sh", "-c", WAIT).named("test").engine("none").run().orThrow();
            assertThat(again.runner().runs().list().runs()).hasSize(1);
        }
    }

    @Test
    void needsAFolder() {
        assertThatThrownBy(() -> Cairn.open(folder.resolve("absent"))).isInstanceOf(NotDirectoryException.class);
    }

    private Cairn.Command shell(String script) {
        return cairn.exec("sh", "-c", script).named("test").engine("none");
    }

    private static RunOutcome unchecked(Cairn.Command command) {
        try {
            return command.run();
        } catch (Exception e) {
            throw new CompletionException(e);
        }
    }
}
