package dev.cairn.approval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.cairn.run.OpenResult;
import dev.cairn.run.ResumeOptions;
import dev.cairn.run.RunOutcome;
import dev.cairn.run.RunSession;
import dev.cairn.run.StepRunner;
import dev.cairn.run.WorkflowRequest;
import dev.cairn.run.control.StopKind;
import dev.cairn.run.event.RunEvent;
import dev.cairn.run.home.CairnHome;
import dev.cairn.run.manifest.RunFolder;
import dev.cairn.run.manifest.RunManifest;
import dev.cairn.run.manifest.RunState;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A step that waits until a person decides. */
final class ApprovalTest {
    @TempDir
    Path folder;

    private final List<RunEvent> events = new CopyOnWriteArrayList<>();

    private StepRunner runner() throws IOException {
        CairnHome home = CairnHome.findOrCreate(folder, Map.of());
        return new StepRunner(
                home,
                Map.of(),
                Map.of(ApprovalAction.NAME, new ApprovalAction(Clock.systemUTC())),
                Clock.systemUTC(),
                Map.of());
    }

    private RunSession open(String more) throws Exception {
        Path flow = Files.writeString(
                folder.resolve("flow.yaml"),
                "name: n\nsteps:\n  - {id: ok, approval: \"Release ${{ workflow.name }}?\"" + more + "}\n");
        return ready(runner().run(WorkflowRequest.of(flow)));
    }

    private static RunSession ready(OpenResult opened) {
        assertThat(opened).isInstanceOf(OpenResult.Ready.class);
        return ((OpenResult.Ready) opened).session();
    }

    private CompletableFuture<RunOutcome> start(RunSession session) {
        return CompletableFuture.supplyAsync(() -> {
            try (session) {
                return session.run(events::add);
            } catch (Exception e) {
                throw new CompletionException(e);
            }
        });
    }

    private Approval asked(RunFolder run, int attempt) {
        return Awaitility.await()
                .atMost(20, TimeUnit.SECONDS)
                .until(() -> Approval.read(run.step("ok").attempt(attempt)), found -> found.isPresent())
                .orElseThrow();
    }

    private static Approval.Decision decision(boolean approved) {
        return new Approval.Decision(approved, "ann", Instant.now(), "seen");
    }

    private static RunState end(CompletableFuture<RunOutcome> run) throws Exception {
        return run.get(30, TimeUnit.SECONDS).state();
    }

    @Test
    void asksAndEndsByTheDecision() throws Exception {
        RunSession session = open("");
        CompletableFuture<RunOutcome> run = start(session);
        Approval approval = asked(session.folder(), 1);
        assertThat(approval.question()).isEqualTo("Release n?");
        Awaitility.await()
                .atMost(20, TimeUnit.SECONDS)
                .untilAsserted(() -> assertThat(events)
                        .filteredOn(RunEvent.Note.class::isInstance)
                        .extracting(event -> ((RunEvent.Note) event).message())
                        .anySatisfy(note -> assertThat(note)
                                .contains("Release n?", "cairn approve " + session.id() + " ok [--reject]")));
        assertThat(run).isNotDone();
        approval.decide(decision(true));
        assertThat(end(run)).isEqualTo(RunState.SUCCEEDED);
    }

    @Test
    void failsWhenRejected() throws Exception {
        RunSession session = open("");
        CompletableFuture<RunOutcome> run = start(session);
        asked(session.folder(), 1).decide(decision(false));
        assertThat(end(run)).isEqualTo(RunState.FAILED);
        assertThat(run.get().message()).contains("rejected by ann: seen");
    }

    @Test
    void countsForTheNextAttemptWhereNobodyRanTheRun() throws Exception {
        RunSession session = open("");
        CompletableFuture<RunOutcome> run = start(session);
        asked(session.folder(), 1);
        session.stop(StopKind.INTERRUPT, "Ctrl-C");
        assertThat(end(run)).isEqualTo(RunState.INTERRUPTED);
        asked(session.folder(), 1).decide(decision(true));
        RunSession again = ready(runner().resume(session.folder(), ResumeOptions.NONE, false));
        assertThat(end(start(again))).isEqualTo(RunState.SUCCEEDED);
    }

    @Test
    void isAskedAnewWhenTheStepRunsAgain() throws Exception {
        RunSession session = open("");
        CompletableFuture<RunOutcome> run = start(session);
        asked(session.folder(), 1).decide(decision(true));
        assertThat(end(run)).isEqualTo(RunState.SUCCEEDED);
        RunSession again = ready(runner().resume(session.folder(), ResumeOptions.NONE.from(Set.of("ok")), false));
        CompletableFuture<RunOutcome> second = start(again);
        Approval approval = asked(session.folder(), 2);
        assertThat(approval.decision()).isEmpty();
        approval.decide(decision(true));
        assertThat(end(second)).isEqualTo(RunState.SUCCEEDED);
    }

    @Test
    void endsWithItsTimeLimit() throws Exception {
        RunSession session = open(", timeout: 1s");
        assertThat(end(start(session))).isEqualTo(RunState.FAILED);
    }

    @Test
    void decidesOnlyOnAStepThatWaits() throws Exception {
        RunSession session = open("}\n  - {id: other, needs: [], approval: \"Sure?\"");
        CompletableFuture<RunOutcome> run = start(session);
        asked(session.folder(), 1);
        Awaitility.await()
                .atMost(20, TimeUnit.SECONDS)
                .until(() -> Approval.read(session.folder().step("other").attempt(1)), found -> found.isPresent());
        RunManifest manifest = RunManifest.read(session.folder());
        assertThatThrownBy(() -> Approvals.decide(manifest, Optional.empty(), decision(true)))
                .hasMessage("these steps wait; name one: ok, other");
        assertThat(Approvals.decide(manifest, Optional.of("other"), decision(true)))
                .isEqualTo("other");
        assertThatThrownBy(() -> Approvals.decide(manifest, Optional.of("none"), decision(true)))
                .hasMessageContaining("has not come to a step 'none'");
        Awaitility.await()
                .atMost(20, TimeUnit.SECONDS)
                .untilAsserted(() -> assertThat(
                                Approvals.decide(RunManifest.read(session.folder()), Optional.empty(), decision(true)))
                        .isEqualTo("ok"));
        assertThat(end(run)).isEqualTo(RunState.SUCCEEDED);
        assertThatThrownBy(() -> Approvals.decide(RunManifest.read(session.folder()), Optional.empty(), decision(true)))
                .hasMessageContaining("has ended already: succeeded");
    }
}
