package dev.cairn.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.cairn.engine.EndCause;
import dev.cairn.engine.HostFinding;
import dev.cairn.run.control.CommandResult;
import dev.cairn.run.control.RunCommand;
import dev.cairn.run.control.StopKind;
import dev.cairn.run.event.RunEvent;
import dev.cairn.run.fake.Bench;
import dev.cairn.run.fake.FakeStep;
import dev.cairn.run.manifest.AttemptRecord;
import dev.cairn.run.manifest.RejectedImage;
import dev.cairn.run.manifest.RunState;
import dev.cairn.run.manifest.StepState;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** How a step is resumed after each kind of end. */
class ResumeTest {
    private static final String ONE = "name: one\nsteps: [{id: work, run: work}]\n";
    private static final String RETRIED = "name: one\nsteps: [{id: work, run: work, retry: {max: 5}}]\n";

    @TempDir
    Path folder;

    private Bench bench;

    @BeforeEach
    void bench() {
        bench = new Bench(folder);
    }

    private WorkflowRequest anew() throws Exception {
        return bench.flow(ONE).with(new ResumeOptions(false, false, Map.of(), Set.of("work")));
    }

    private WorkflowRequest fromImage(long sequence) throws Exception {
        return bench.flow(ONE).with(new ResumeOptions(false, false, Map.of("work", sequence), Set.of()));
    }

    @Test
    void startsFromTheBeginningFirst() throws Exception {
        Bench.Running run = bench.start(bench.flow(ONE));
        FakeStep step = bench.engine().nextStart();
        assertThat(step.resumedFrom()).isEqualTo(-1);
        assertThat(step.launch().environment())
                .containsEntry("CAIRN_STEP_ID", "work")
                .containsEntry("CAIRN_ATTEMPT", "1")
                .containsEntry("CAIRN_RUN_ID", run.session().id());
        step.succeed();
        assertThat(run.outcome().state()).isEqualTo(RunState.SUCCEEDED);
    }

    @ParameterizedTest
    @EnumSource(
            value = EndCause.class,
            names = {"KILLED", "PREEMPTED"})
    void goesOnByItselfWhenItIsEndedFromOutside(EndCause cause) throws Exception {
        Bench.Running run = bench.start(bench.flow(ONE));
        for (int image = 0; image < 5; image++) {
            FakeStep step = bench.engine().nextStart();
            assertThat(step.resumedFrom()).isEqualTo(image == 0 ? -1 : image);
            step.publish("interval");
            step.endAfter(Duration.ofSeconds(1), cause);
        }
        bench.engine().nextStart().succeed();
        assertThat(run.outcome().state()).isEqualTo(RunState.SUCCEEDED);
        assertThat(run.step("work").attempts().get(4).endedBy(cause)).isTrue();
    }

    @Test
    void failsWhenItIsKilledAgainAndAgain() throws Exception {
        Bench.Running run = bench.start(bench.flow(ONE));
        for (int i = 0; i < 3; i++) {
            bench.engine().nextStart().endAfter(Duration.ofSeconds(1), EndCause.KILLED);
        }
        assertThat(run.outcome().state()).isEqualTo(RunState.FAILED);
        assertThat(run.step("work").message()).contains("3 times in a row").contains("killed");
    }

    @Test
    void beingKilledWhileItStartsCostsNoRetry() throws Exception {
        bench.engine().dieWhileStarting(2);
        Bench.Running run = bench.start(bench.flow(ONE));
        bench.engine().nextStart().succeed();
        assertThat(run.outcome().state()).isEqualTo(RunState.SUCCEEDED);
        assertThat(run.step("work").attempts()).hasSize(3);
        assertThat(run.step("work").attempts().get(0).endedBy(EndCause.LOST)).isTrue();
    }

    /** ENOMEM, EMFILE, ENOSPC. */
    @ParameterizedTest
    @ValueSource(ints = {12, 24, 28})
    void whatTheHostLacksAtTheMomentCostsNoRetryAndNoImage(int errno) throws Exception {
        bench.engine().lackWhileStarting(1, errno);
        Bench.Running run = bench.start(bench.flow(ONE));
        FakeStep first = bench.engine().nextStart();
        first.publish("interval");
        first.publish("interval");
        bench.engine().lackWhileStarting(1, errno);
        first.endAfter(Duration.ofSeconds(1), EndCause.KILLED);
        FakeStep last = bench.engine().nextStart();
        assertThat(last.resumedFrom()).isEqualTo(2);
        last.succeed();
        assertThat(run.outcome().state()).isEqualTo(RunState.SUCCEEDED);
        assertThat(run.step("work").attempts().get(0).endedBy(EndCause.LOST)).isTrue();
    }

    /** The first time it may have been anybody; the second time it looks like the image. */
    @Test
    void beingKilledOnceWhileItIsRestoredCostsNoImage() throws Exception {
        Bench.Running run = bench.start(bench.flow(ONE));
        FakeStep first = bench.engine().nextStart();
        first.publish("interval");
        first.publish("interval");
        bench.engine().dieWhileStarting(1);
        first.endAfter(Duration.ofSeconds(1), EndCause.KILLED);
        FakeStep third = bench.engine().nextStart();
        assertThat(third.resumedFrom()).isEqualTo(2);
        bench.engine().dieWhileStarting(2);
        third.publish("interval");
        third.endAfter(Duration.ofSeconds(1), EndCause.KILLED);
        FakeStep last = bench.engine().nextStart();
        assertThat(last.resumedFrom()).isEqualTo(2);
        last.succeed();
        assertThat(run.outcome().state()).isEqualTo(RunState.SUCCEEDED);
    }

    @Test
    void goesOnUnderTheNextRunnerWhereItWasKilledWithoutOne() throws Exception {
        Bench.Running run = bench.start(bench.flow(ONE));
        FakeStep first = bench.engine().nextStart();
        first.publish("interval");
        run.die();
        first.endAfter(Duration.ofSeconds(1), EndCause.KILLED);
        Bench.Running next = bench.start(bench.flow(ONE));
        FakeStep second = bench.engine().nextStart();
        assertThat(second.resumedFrom()).isEqualTo(1);
        second.succeed();
        assertThat(next.outcome().state()).isEqualTo(RunState.SUCCEEDED);
    }

    /** What a batch system does to it while its image is being written. */
    @ParameterizedTest
    @CsvSource({"PREEMPT, FAILURE, PREEMPTED", "PREEMPT, KILLED, PREEMPTED", "INTERRUPT, KILLED, KILLED"})
    void whatEndsDuringAStopHasNotFailed(StopKind stop, EndCause end, EndCause recorded) throws Exception {
        Bench.Running run = bench.start(bench.flow(ONE));
        FakeStep step = bench.engine().nextStart();
        step.publish("interval");
        step.endAtCheckpoint(end);
        run.session().stop(stop, "stop");
        assertThat(run.outcome().state()).isEqualTo(RunState.INTERRUPTED);
        assertThat(run.step("work").lastAttempt().orElseThrow().endedBy(recorded))
                .isTrue();
        assertThat(run.step("work").state())
                .isEqualTo(stop == StopKind.PREEMPT ? StepState.PREEMPTED : StepState.INTERRUPTED);
        Bench.Running next = bench.start(bench.flow(ONE));
        FakeStep second = bench.engine().nextStart();
        assertThat(second.resumedFrom()).isEqualTo(1);
        second.succeed();
        assertThat(next.outcome().state()).isEqualTo(RunState.SUCCEEDED);
    }

    @Test
    void aFailureDuringAnotherStopIsOne() throws Exception {
        Bench.Running run = bench.start(bench.flow(ONE));
        FakeStep step = bench.engine().nextStart();
        step.endAtCheckpoint(EndCause.FAILURE);
        run.session().stop(StopKind.INTERRUPT, "stop");
        run.outcome();
        assertThat(run.step("work").state()).isEqualTo(StepState.FAILED);
    }

    @Test
    void deletesTheImagesOfAStepThatSucceeded() throws Exception {
        Bench.Running run = bench.start(bench.flow(ONE));
        FakeStep step = bench.engine().nextStart();
        step.publish("interval");
        step.succeed();
        run.outcome();
        assertThat(run.folder().step("work").checkpoints()).doesNotExist();
        assertThat(run.step("work").images()).isEmpty();
        assertThat(run.step("work").state()).isEqualTo(StepState.SUCCEEDED);
    }

    @Test
    void resumesFromItsNewestImageAfterAFailure() throws Exception {
        Bench.Running run = bench.start(bench.flow(RETRIED));
        FakeStep first = bench.engine().nextStart();
        first.publish("interval");
        first.publish("interval");
        first.fail(3);
        FakeStep second = bench.engine().nextStart();
        assertThat(second.resumedFrom()).isEqualTo(2);
        second.succeed();
        assertThat(run.outcome().state()).isEqualTo(RunState.SUCCEEDED);
        assertThat(run.step("work").attempts())
                .extracting(AttemptRecord::resumedFrom)
                .containsExactly(OptionalLong.empty(), OptionalLong.of(2));
    }

    @Test
    void goesOneRungDownWhenItFailsAgainFromTheSameImage() throws Exception {
        Bench.Running run = bench.start(bench.flow(RETRIED));
        FakeStep first = bench.engine().nextStart();
        first.publish("interval");
        first.publish("interval");
        first.fail(3);
        bench.engine().nextStart().fail(3);
        assertThat(bench.engine().nextStart().resumedFrom()).isEqualTo(1);
        bench.engine().starts().get(2).fail(3);
        FakeStep fromTheStart = bench.engine().nextStart();
        assertThat(fromTheStart.resumedFrom()).isZero();
        fromTheStart.succeed();
        run.outcome();
        assertThat(run.step("work").attempts().get(3).passed())
                .extracting(RejectedImage::image)
                .containsExactly(2L, 1L);
    }

    @Test
    void takesTheSameImageAgainWhenAPortOfTheStepWasNotFree() throws Exception {
        Bench.Running run = bench.start(bench.flow(RETRIED));
        FakeStep first = bench.engine().nextStart();
        first.publish("interval");
        bench.engine().holdPort(2);
        first.fail(3);
        FakeStep again = bench.engine().nextStart();
        assertThat(again.resumedFrom()).isEqualTo(1);
        again.succeed();
        assertThat(run.outcome().state()).isEqualTo(RunState.SUCCEEDED);
        assertThat(run.step("work").attempts())
                .extracting(AttemptRecord::resumedFrom)
                .endsWith(OptionalLong.of(1));
        assertThat(run.step("work").attempts().get(1).endedBy(EndCause.LOST)).isTrue();
    }

    @Test
    void passesAnImageThatCannotBeUsedAndSaysWhy() throws Exception {
        Bench.Running run = bench.start(bench.flow(RETRIED));
        FakeStep first = bench.engine().nextStart();
        first.publish("interval");
        bench.engine().spoil(first.publish("interval").path(), "chunk 3: checksum does not match");
        first.fail(3);
        FakeStep second = bench.engine().nextStart();
        assertThat(second.resumedFrom()).isEqualTo(1);
        second.succeed();
        run.outcome();
        assertThat(run.step("work").attempts().get(1).passed())
                .containsExactly(new RejectedImage(2, "chunk 3: checksum does not match"));
    }

    @Test
    void anImageThatCannotBeRestoredCostsOneRungAndNoRetry() throws Exception {
        Bench.Running run = bench.start(bench.flow("name: one\nsteps: [{id: work, run: work, retry: {max: 1}}]\n"));
        FakeStep first = bench.engine().nextStart();
        first.publish("interval");
        bench.engine().makeUnrestorable(first.publish("interval").path(), "pid 17 is taken");
        first.fail(3);
        FakeStep second = bench.engine().nextStart();
        assertThat(second.resumedFrom()).isEqualTo(1);
        second.succeed();
        assertThat(run.outcome().state()).isEqualTo(RunState.SUCCEEDED);
        assertThat(run.step("work").attempts().get(1).endedBy(EndCause.RESTORE_FAILED))
                .isTrue();
        assertThat(run.step("work").attempts().get(2).passed().get(0).reason()).contains("pid 17 is taken");
    }

    @Test
    void waitsWhereTheDiskIsFullWhenItIsStarted() throws Exception {
        Bench.Running run = bench.start(bench.flow(ONE));
        bench.engine().nextStart().publish("interval");
        run.session().stop(StopKind.INTERRUPT, "Ctrl-C");
        run.outcome();

        bench.engine().beFull(true);
        Bench.Running next = bench.start(bench.flow(ONE));
        Bench.until(() -> next.events().stream().anyMatch(RunEvent.CannotWrite.class::isInstance));
        bench.engine().beFull(false);
        FakeStep second = bench.engine().nextStart();
        assertThat(second.resumedFrom()).isEqualTo(2);
        second.succeed();
        assertThat(next.outcome().state()).isEqualTo(RunState.SUCCEEDED);
        assertThat(next.events()).hasAtLeastOneElementOfType(RunEvent.WritesAgain.class);
        assertThat(next.step("work").attempts()).hasSize(2);
    }

    @Test
    void isStoppedWhileItWaitsForRoomToStart() throws Exception {
        bench.engine().beFull(true);
        Bench.Running run = bench.start(bench.flow(ONE));
        Bench.until(() -> run.events().stream().anyMatch(RunEvent.CannotWrite.class::isInstance));
        run.session().stop(StopKind.INTERRUPT, "Ctrl-C");
        assertThat(run.outcome().state()).isEqualTo(RunState.INTERRUPTED);
        assertThat(run.step("work").message()).contains("No space left on device");
        assertThat(run.step("work").attempts()).isEmpty();

        bench.engine().beFull(false);
        Bench.Running next = bench.start(bench.flow(ONE));
        bench.engine().nextStart().succeed();
        assertThat(next.outcome().state()).isEqualTo(RunState.SUCCEEDED);
    }

    @Test
    void isCancelledWhileItWaitsForRoomToStart() throws Exception {
        bench.engine().beFull(true);
        Bench.Running run = bench.start(bench.flow(ONE));
        Bench.until(() -> run.events().stream().anyMatch(RunEvent.CannotWrite.class::isInstance));
        run.session().stop(StopKind.CANCEL, "cancelled");
        assertThat(run.outcome().state()).isEqualTo(RunState.CANCELLED);
        assertThat(run.step("work").state()).isEqualTo(StepState.CANCELLED);
    }

    @Test
    void aFormerSupervisorThatStillWritesCostsNoImageAndNoRetry() throws Exception {
        Bench.Running run = bench.start(bench.flow(ONE));
        FakeStep first = bench.engine().nextStart();
        first.publish("interval");
        bench.engine().beBusy(2);
        first.kill();
        FakeStep second = bench.engine().nextStart();
        assertThat(second.resumedFrom()).isEqualTo(1);
        second.succeed();
        assertThat(run.outcome().state()).isEqualTo(RunState.SUCCEEDED);
    }

    @Test
    void goesOnFromWhatAFormerSupervisorHasWrittenLate() throws Exception {
        Bench.Running run = bench.start(bench.flow(ONE));
        FakeStep first = bench.engine().nextStart();
        Path old = first.publish("interval").path();
        first.kill();
        FakeStep second = bench.engine().nextStart();
        first.publish("interval");
        Files.delete(old);
        second.kill();
        FakeStep third = bench.engine().nextStart();
        assertThat(third.resumedFrom()).isEqualTo(2);
        third.succeed();
        assertThat(run.outcome().state()).isEqualTo(RunState.SUCCEEDED);
    }

    @Test
    void isNotStartedTwiceWhileItMayRunOnAnotherHost() throws Exception {
        Bench.Running run = bench.start(bench.flow(ONE));
        FakeStep step = bench.engine().nextStart();
        Bench.until(() -> run.events().stream().anyMatch(RunEvent.ImagePublished.class::isInstance));
        run.die();
        step.kill();
        Path document = run.folder().step("work").document();
        String here = Files.readString(document);
        Files.writeString(
                document,
                here.replaceAll("\"boot_id\" : \"[^\"]*\"", "\"boot_id\" : \"other\"")
                        .replaceAll("\"host\" : \\{\\s*\"name\" : \"[^\"]*\"", "\"host\" : {\"name\" : \"n99\""));

        Bench.Running refused = bench.start(bench.flow(ONE));
        assertThatThrownBy(refused::outcome).hasMessageContaining("n99").hasMessageContaining("--assume-lost");
        assertThat(bench.engine().starts()).hasSize(1);

        Bench.Running assumed = bench.start(bench.flow(ONE).with(new ResumeOptions(false, true, Map.of(), Set.of())));
        bench.engine().nextStart().succeed();
        assertThat(assumed.outcome().state()).isEqualTo(RunState.SUCCEEDED);
    }

    @Test
    void isNotTakenForLostWhileItsSupervisorLivesOutOfReach() throws Exception {
        Bench.Running run = bench.start(bench.flow(ONE));
        FakeStep step = bench.engine().nextStart();
        run.die();
        bench.engine().beOutOfReach(true);
        assertThatThrownBy(bench.start(bench.flow(ONE))::outcome)
                .hasMessageContaining("step work: attempt 1 runs on")
                .hasMessageContaining("pid 7");

        bench.engine().beOutOfReach(false);
        Bench.Running found = bench.start(bench.flow(ONE));
        step.succeed();
        assertThat(found.outcome().state()).isEqualTo(RunState.SUCCEEDED);
        assertThat(bench.engine().starts()).hasSize(1);
    }

    @Test
    void aLostAttemptCostsNoRetry() throws Exception {
        Bench.Running run = bench.start(bench.flow(ONE));
        FakeStep first = bench.engine().nextStart();
        first.publish("interval");
        first.kill();
        FakeStep second = bench.engine().nextStart();
        assertThat(second.resumedFrom()).isEqualTo(1);
        second.succeed();
        assertThat(run.outcome().state()).isEqualTo(RunState.SUCCEEDED);
        assertThat(run.step("work").attempts().get(0).endedBy(EndCause.LOST)).isTrue();
    }

    @Test
    void goesOnFromAnImageThatItsSupervisorHadNoTimeToTellOf() throws Exception {
        Bench.Running run = bench.start(bench.flow(ONE));
        FakeStep first = bench.engine().nextStart();
        first.publish("interval");
        first.publishAndDieBeforeSayingSo();
        FakeStep second = bench.engine().nextStart();
        assertThat(second.resumedFrom()).isEqualTo(2);
        second.succeed();
        assertThat(run.outcome().state()).isEqualTo(RunState.SUCCEEDED);
    }

    @Test
    void givesUpAStepThatVanishesAgainAndAgainWithoutProgress() throws Exception {
        bench.engine().program("work", FakeStep::kill);
        Bench.Running run = bench.start(bench.flow(ONE));
        assertThat(run.outcome().state()).isEqualTo(RunState.FAILED);
        assertThat(run.step("work").message()).contains("lost");
        assertThat(bench.engine().starts()).hasSizeLessThan(10);
    }

    @Test
    void failsWhenItsRetriesAreUsedUp() throws Exception {
        bench.engine().program("work", step -> step.fail(3));
        Bench.Running run = bench.start(bench.flow("name: one\nsteps: [{id: work, run: work, retry: {max: 2}}]\n"));
        assertThat(run.outcome().state()).isEqualTo(RunState.FAILED);
        assertThat(run.outcome().message()).contains("work").contains("exit code 3");
        assertThat(bench.engine().starts()).hasSize(3);
    }

    @Test
    void isStoppedWithAnImageAndContinuedByTheNextRunner() throws Exception {
        Bench.Running run = bench.start(bench.flow(ONE));
        bench.engine().nextStart();
        run.session().stop(StopKind.INTERRUPT, "Ctrl-C");
        assertThat(run.outcome().state()).isEqualTo(RunState.INTERRUPTED);
        assertThat(run.step("work").state()).isEqualTo(StepState.INTERRUPTED);

        Bench.Running next = bench.start(bench.flow(ONE));
        assertThat(next.session().id()).isEqualTo(run.session().id());
        FakeStep second = bench.engine().nextStart();
        assertThat(second.resumedFrom()).isEqualTo(1);
        second.succeed();
        assertThat(next.outcome().state()).isEqualTo(RunState.SUCCEEDED);
    }

    /** Its maker was killed between naming it and moving it to its place. */
    @Test
    void aRunThatHasItsNameAppearsToWhoeverFindsTheName() throws Exception {
        Bench.Running run = bench.start(bench.flow(ONE));
        bench.engine().nextStart();
        run.session().stop(StopKind.INTERRUPT, "Ctrl-C");
        run.outcome();
        Path place = run.folder().path();
        Path draft = place.resolveSibling(".new-" + place.getFileName()).resolve(place.getFileName());
        Files.createDirectory(draft.getParent());
        Files.move(place, draft);

        Bench.Running next = bench.start(bench.flow(ONE));
        assertThat(next.session().id()).isEqualTo(run.session().id());
        bench.engine().nextStart().succeed();
        assertThat(next.outcome().state()).isEqualTo(RunState.SUCCEEDED);
        assertThat(place.getParent()).isDirectoryContaining(place::equals);
        assertThat(draft.getParent()).doesNotExist();
    }

    @Test
    void aCancelledRunGoesOnFromItsNewestImageWhenItIsResumed() throws Exception {
        Bench.Running run = bench.start(bench.flow(ONE));
        bench.engine().nextStart().publish("interval");
        run.session().stop(StopKind.CANCEL, "asked");
        assertThat(run.outcome().state()).isEqualTo(RunState.CANCELLED);
        assertThat(run.step("work").state()).isEqualTo(StepState.CANCELLED);

        Bench.Running next = bench.start(bench.runner().resume(run.folder(), ResumeOptions.NONE, false));
        FakeStep second = bench.engine().nextStart();
        assertThat(second.resumedFrom()).isEqualTo(1);
        second.succeed();
        assertThat(next.outcome().state()).isEqualTo(RunState.SUCCEEDED);
        assertThat(next.step("work").attempts()).hasSize(2);
    }

    @Test
    void aStopWhoseImageFailsLeavesTheStepRunning() throws Exception {
        Bench.Running run = bench.start(bench.flow(ONE));
        FakeStep step = bench.engine().nextStart();
        step.failCheckpoints("pid 17 fd 5: connected TCP socket");
        run.session().stop(StopKind.INTERRUPT, "Ctrl-C");
        Bench.until(() -> run.events().stream().anyMatch(RunEvent.Note.class::isInstance));
        assertThat(step.exit()).isEmpty();

        run.session().stop(StopKind.INTERRUPT, "Ctrl-C again");
        assertThat(run.outcome().state()).isEqualTo(RunState.INTERRUPTED);
        assertThat(run.events())
                .filteredOn(RunEvent.CheckpointFailed.class::isInstance)
                .hasSize(1);
    }

    private static Stream<RunCommand> stops() {
        return Stream.of(new RunCommand.Checkpoint(Optional.empty(), true), new RunCommand.Pause());
    }

    @ParameterizedTest
    @MethodSource("stops")
    void aStopThatWasRefusedChangesNothing(RunCommand stop) throws Exception {
        Bench.Running run = bench.start(bench.flow("name: two\nsteps: [{id: a, run: x}, {id: b, run: y, needs: a}]\n"));
        FakeStep first = bench.engine().nextStart();
        first.failCheckpoints("pid 17 fd 5: connected TCP socket");
        assertThat(run.session().ask(stop).get(10, TimeUnit.SECONDS).ok()).isFalse();
        first.succeed();
        bench.engine().nextStart().succeed();
        assertThat(run.outcome().state()).isEqualTo(RunState.SUCCEEDED);
    }

    @ParameterizedTest
    @EnumSource(
            value = StopKind.class,
            names = {"INTERRUPT", "PAUSE"})
    void aRunWhoseLastStepEndsInSpiteOfAStopHasEnded(StopKind stop) throws Exception {
        Bench.Running run = bench.start(bench.flow(ONE));
        FakeStep step = bench.engine().nextStart();
        step.failCheckpoints("pid 17 fd 5: connected TCP socket");
        run.session().stop(stop, "Ctrl-C");
        Bench.until(() -> run.events().stream().anyMatch(RunEvent.Note.class::isInstance));
        step.succeed();
        assertThat(run.outcome().state()).isEqualTo(RunState.SUCCEEDED);
    }

    /** The run has no runner: the command is carried out by who gives it, who then lets go. */
    @Test
    void aStopThatIsRefusedWithoutARunnerWaitsForNothing() throws Exception {
        Bench.Running run = bench.start(bench.flow(ONE));
        FakeStep step = bench.engine().nextStart();
        run.die();
        step.failCheckpoints("pid 17 fd 5: connected TCP socket");
        RunCommand stop = new RunCommand.Checkpoint(Optional.empty(), true);
        CompletableFuture<CommandResult> answer = CompletableFuture.supplyAsync(() -> {
            try {
                return bench.runner()
                        .steer(run.folder(), stop, Duration.ofSeconds(10))
                        .orElseThrow();
            } catch (Exception e) {
                throw new CompletionException(e);
            }
        });
        assertThat(answer.get(10, TimeUnit.SECONDS).ok()).isFalse();
        assertThat(step.exit()).isEmpty();
    }

    @Test
    void isStoppedWithoutAnImageWhereItRunsUnprotected() throws Exception {
        bench.engine().lacks(new HostFinding("user namespaces", false, true, "are off", "no checkpoints", "root"));
        WorkflowRequest unprotected =
                bench.flow("name: one\nsteps: [{id: work, run: work, checkpoint: {required: false}}]\n");
        Bench.Running run = bench.start(unprotected);
        bench.fallback().nextStart().failCheckpoints("the engine `none` makes no checkpoints");
        run.session().stop(StopKind.INTERRUPT, "Ctrl-C");
        assertThat(run.outcome().state()).isEqualTo(RunState.INTERRUPTED);
        assertThat(run.events())
                .filteredOn(RunEvent.CheckpointFailed.class::isInstance)
                .isEmpty();
    }

    @Test
    void doesNotSayOfAStepThatIsBeingEndedThatItRunsOn() throws Exception {
        Bench.Running run = bench.start(bench.flow(ONE));
        bench.engine().nextStart().endAtCheckpoint(EndCause.INTERRUPTED);
        run.session().stop(StopKind.INTERRUPT, "Ctrl-C");
        assertThat(run.outcome().state()).isEqualTo(RunState.INTERRUPTED);
        Bench.until(() -> run.events().stream().anyMatch(RunEvent.Note.class::isInstance));
        assertThat(run.events())
                .filteredOn(RunEvent.Note.class::isInstance)
                .extracting(event -> ((RunEvent.Note) event).message())
                .containsExactly("the step ended before this checkpoint");
    }

    @Test
    void isFoundRunningAfterItsRunnerDiedAndNothingIsRepeated() throws Exception {
        Bench.Running run = bench.start(bench.flow(ONE));
        FakeStep step = bench.engine().nextStart();
        Bench.until(() -> run.events().stream().anyMatch(RunEvent.ImagePublished.class::isInstance));
        run.die();
        step.publish("interval");

        Bench.Running next = bench.start(bench.flow(ONE));
        Bench.until(() -> next.events().stream().anyMatch(RunEvent.AttemptAttached.class::isInstance));
        step.succeed();
        assertThat(next.outcome().state()).isEqualTo(RunState.SUCCEEDED);
        assertThat(bench.engine().starts()).hasSize(1);
        assertThat(next.events())
                .filteredOn(RunEvent.ImagePublished.class::isInstance)
                .as("images that no runner saw are told by the next one, and only those")
                .extracting(event -> ((RunEvent.ImagePublished) event).image().sequence())
                .containsExactly(1L);
    }

    @Test
    void isNotLetGoOfWhileItsThreadMayWrite() throws Exception {
        RunSession session = ((OpenResult.Ready) bench.runner().run(bench.flow(ONE))).session();
        CountDownLatch busy = new CountDownLatch(1);
        AtomicBoolean over = new AtomicBoolean();
        CompletableFuture<Boolean> overWhenLetGo = new CompletableFuture<>();
        Thread runner = new Thread(() -> {
            assertThatThrownBy(() -> session.run(event -> {
                        if (event instanceof RunEvent.ImagePublished) {
                            busy.countDown();
                            doNotHeedInterruptsFor(Duration.ofMillis(300));
                            over.set(true);
                        }
                    }))
                    .isInstanceOf(InterruptedException.class);
            overWhenLetGo.complete(over.get());
        });
        runner.start();
        bench.engine().nextStart().publish("interval");
        busy.await();
        runner.interrupt();
        assertThat(overWhenLetGo.get(30, TimeUnit.SECONDS)).isTrue();
    }

    private static void doNotHeedInterruptsFor(Duration time) {
        long since = System.nanoTime();
        while (System.nanoTime() - since < time.toNanos()) {
            Thread.onSpinWait();
        }
    }

    @Test
    void goesOnFromItsImagesWhenItsTornDocumentWasMovedAway() throws Exception {
        Bench.Running run = bench.start(bench.flow(ONE));
        bench.engine().nextStart().publish("interval");
        Bench.until(() -> published(run) == 2);
        bench.engine().starts().get(0).kill();
        FakeStep second = bench.engine().nextStart();
        run.die();
        second.kill();
        tear(run);

        assertThatThrownBy(() -> bench.start(bench.flow(ONE)).outcome()).hasMessageContaining("move it away");
        Files.delete(run.folder().step("work").document());
        Bench.Running next = bench.start(bench.flow(ONE));
        FakeStep third = bench.engine().nextStart();
        assertThat(third.resumedFrom()).as("made by the first attempt").isEqualTo(1);
        assertThat(third.launch().attemptDir())
                .isEqualTo(run.folder().step("work").attempt(3));
        third.succeed();
        assertThat(next.outcome().state()).isEqualTo(RunState.SUCCEEDED);
        assertThat(next.step("work").attempts())
                .extracting(AttemptRecord::number)
                .containsExactly(2, 3);
    }

    @Test
    void isFoundRunningAlsoWhenItsDocumentHasGone() throws Exception {
        Bench.Running run = bench.start(bench.flow(ONE));
        FakeStep step = bench.engine().nextStart();
        run.die();
        Files.delete(run.folder().step("work").document());

        Bench.Running next = bench.start(bench.flow(ONE));
        Bench.until(() -> next.events().stream().anyMatch(RunEvent.AttemptAttached.class::isInstance));
        step.succeed();
        assertThat(next.outcome().state()).isEqualTo(RunState.SUCCEEDED);
        assertThat(bench.engine().starts()).hasSize(1);
    }

    @Test
    void refusesImagesOfAChangedStepAlsoWhenItsDocumentHasGone() throws Exception {
        Bench.Running run = bench.start(bench.flow(ONE));
        FakeStep step = bench.engine().nextStart();
        step.publish("interval");
        run.die();
        step.kill();
        Files.delete(run.folder().step("work").document());

        Bench.Running next = bench.start(bench.flow("name: one\nsteps: [{id: work, run: work harder}]\n"));
        FakeStep second = bench.engine().nextStart();
        assertThat(second.resumedFrom()).isZero();
        second.succeed();
        next.outcome();
    }

    @Test
    void isStartedOnceWhenItsRunnerDiedBeforeItsDocumentWasThere() throws Exception {
        Bench.Running run = bench.start(bench.flow(ONE));
        FakeStep step = bench.engine().nextStart();
        run.die();
        step.kill();
        Files.delete(run.folder().step("work").document());
        Files.delete(run.folder().step("work").attempt(1).resolve("spec.json"));

        Bench.Running next = bench.start(bench.flow(ONE));
        FakeStep again = bench.engine().nextStart();
        assertThat(again.launch().environment()).containsEntry("CAIRN_ATTEMPT", "1");
        again.succeed();
        assertThat(next.outcome().state()).isEqualTo(RunState.SUCCEEDED);
    }

    private static long published(Bench.Running run) {
        return run.events().stream()
                .filter(RunEvent.ImagePublished.class::isInstance)
                .count();
    }

    private static void tear(Bench.Running run) throws Exception {
        Path document = run.folder().step("work").document();
        Files.writeString(document, Files.readString(document).substring(0, 100));
    }

    @Test
    void countsAnEndThatNoRunnerSaw() throws Exception {
        Bench.Running run = bench.start(bench.flow(ONE));
        FakeStep step = bench.engine().nextStart();
        run.die();
        step.succeed();

        Bench.Running next = bench.start(bench.flow(ONE));
        assertThat(next.outcome().state()).isEqualTo(RunState.SUCCEEDED);
        assertThat(bench.engine().starts()).hasSize(1);
    }

    @Test
    void refusesImagesOfAChangedStepUnlessTheyAreAccepted() throws Exception {
        Bench.Running run = bench.start(bench.flow(ONE));
        bench.engine().nextStart();
        run.session().stop(StopKind.INTERRUPT, "Ctrl-C");
        run.outcome();

        WorkflowRequest changed = bench.flow("name: one\nsteps: [{id: work, run: work harder}]\n");
        Bench.Running next = bench.start(changed);
        assertThat(bench.engine().nextStart().resumedFrom()).isZero();
        assertThat(next.step("work").attempts().get(1).passed().get(0).reason()).contains("--accept-changed");
        next.session().stop(StopKind.INTERRUPT, "Ctrl-C");
        next.outcome();

        Bench.Running accepted = bench.start(bench.flow(ONE).with(new ResumeOptions(true, false, Map.of(), Set.of())));
        assertThat(bench.engine().nextStart().resumedFrom()).isEqualTo(2);
        bench.engine().starts().get(2).succeed();
        accepted.outcome();
    }

    @Test
    void throwsNothingAwaySinceAScriptIsNotThereForAWhile() throws Exception {
        WorkflowRequest request = bench.flow("name: one\nsteps: [{id: work, run: python3 work.py}]\n");
        Path script = request.file().resolveSibling("work.py");
        Files.writeString(script, "print()");
        Bench.Running run = bench.start(request);
        bench.engine().nextStart();
        run.session().stop(StopKind.INTERRUPT, "Ctrl-C");
        run.outcome();

        Files.delete(script);
        Bench.Running without = bench.start(request);
        assertThat(without.outcome().state()).isEqualTo(RunState.INTERRUPTED);
        assertThat(without.outcome().message()).startsWith("step work: " + script + " is not there any more");
        assertThat(bench.engine().starts()).hasSize(1);

        Files.writeString(script, "print()");
        Bench.Running again = bench.start(request);
        FakeStep step = bench.engine().nextStart();
        assertThat(step.resumedFrom()).isEqualTo(1);
        step.succeed();
        assertThat(again.outcome().state()).isEqualTo(RunState.SUCCEEDED);
    }

    @Test
    void goesOnFromTheImageThatAPersonChose() throws Exception {
        Bench.Running run = bench.start(bench.flow(ONE));
        bench.engine().nextStart().publish("interval");
        run.session().stop(StopKind.INTERRUPT, "Ctrl-C");
        run.outcome();

        Bench.Running next = bench.start(fromImage(1));
        FakeStep step = bench.engine().nextStart();
        assertThat(step.resumedFrom()).isEqualTo(1);
        next.session().stop(StopKind.INTERRUPT, "Ctrl-C");
        next.outcome();

        Bench.Running restarted = bench.start(anew());
        FakeStep again = bench.engine().nextStart();
        assertThat(again.resumedFrom()).isZero();
        again.succeed();
        restarted.outcome();
    }

    @Test
    void beginsAnewWhenAskedAlsoWhenItsLastAttemptIsFoundLostThen() throws Exception {
        Bench.Running run = bench.start(bench.flow(ONE));
        FakeStep step = bench.engine().nextStart();
        step.publish("interval");
        run.die();
        step.kill();

        Bench.Running restarted = bench.start(anew());
        FakeStep again = bench.engine().nextStart();
        assertThat(again.resumedFrom()).isZero();
        again.succeed();
        assertThat(restarted.outcome().state()).isEqualTo(RunState.SUCCEEDED);
    }

    @Test
    void goesOnFromTheChosenImageAlsoWhenEverythingWasKilled() throws Exception {
        Bench.Running run = bench.start(bench.flow(ONE));
        FakeStep step = bench.engine().nextStart();
        step.publish("interval");
        step.publish("interval");
        run.die();
        WorkflowRequest chosen = fromImage(1);
        bench.assertRefused(chosen, "step work still runs under its supervisor");
        step.kill();

        Bench.Running next = bench.start(chosen);
        FakeStep second = bench.engine().nextStart();
        assertThat(second.resumedFrom()).isEqualTo(1);
        second.succeed();
        next.outcome();
    }

    @Test
    void asksItsUserWhereOthersChangedItsFiles() throws Exception {
        Bench.Running run = bench.start(bench.flow(ONE));
        bench.engine().nextStart().publish("interval");
        run.session().stop(StopKind.INTERRUPT, "Ctrl-C");
        run.outcome();
        bench.engine()
                .makeChanged(
                        run.folder().step("work").image(2),
                        "/data/in was replaced; --accept-changed resumes all the same");

        for (int resume = 1; resume <= 2; resume++) {
            RunOutcome refused = bench.start(bench.flow(ONE)).outcome();
            assertThat(refused.state()).isEqualTo(RunState.FAILED);
            assertThat(refused.message()).contains("/data/in was replaced; --accept-changed");
        }
        assertThat(bench.engine().starts()).as("no other image, and no start").hasSize(1);

        Bench.Running accepted = bench.start(bench.flow(ONE).with(new ResumeOptions(true, false, Map.of(), Set.of())));
        FakeStep last = bench.engine().nextStart();
        assertThat(last.resumedFrom()).isEqualTo(2);
        last.succeed();
        accepted.outcome();
    }

    @Test
    void goesOnFromNoOtherImageThanTheChosenOne() throws Exception {
        Bench.Running run = bench.start(bench.flow(ONE));
        bench.engine().nextStart().publish("interval");
        run.session().stop(StopKind.INTERRUPT, "Ctrl-C");
        run.outcome();
        bench.engine().makeUnrestorable(run.folder().step("work").image(2), "pid 17 is taken");

        Bench.Running chosen = bench.start(fromImage(2));
        assertThatThrownBy(chosen::outcome).hasMessageContaining("image 2: it cannot be restored: pid 17 is taken\n");
        assertThat(bench.engine().starts()).hasSize(1);
        assertThat(chosen.step("work").attempts().get(1).endedBy(EndCause.RESTORE_FAILED))
                .isTrue();

        Bench.Running next = bench.start(bench.flow(ONE));
        FakeStep second = bench.engine().nextStart();
        assertThat(second.resumedFrom()).as("the ladder's choice again").isEqualTo(1);
        second.succeed();
        next.outcome();
    }

    @Test
    void hasRunningTimeCountedOverItsAttempts() throws Exception {
        Bench.Running run =
                bench.start(bench.flow("name: one\nsteps: [{id: work, run: work, timeout: 1h, retry: {max: 1}}]\n"));
        bench.engine().nextStart().endAfter(Duration.ofMinutes(20), EndCause.FAILURE);
        FakeStep second = bench.engine().nextStart();
        assertThat(second.launch().spent()).isEqualTo(Duration.ofMinutes(20));
        assertThat(second.launch().timeout()).contains(Duration.ofHours(1));
        second.endAfter(Duration.ofMinutes(40), EndCause.TIMEOUT);
        assertThat(run.outcome().state()).isEqualTo(RunState.FAILED);
        assertThat(bench.engine().starts())
                .as("a timeout is not retried unless asked")
                .hasSize(2);
    }

    @Test
    void failsWhenADeclaredOutputIsMissing() throws Exception {
        bench.engine().program("work", FakeStep::succeed);
        Bench.Running run =
                bench.start(bench.flow("name: one\nsteps: [{id: work, run: work, outputs: {rows: rows.txt}}]\n"));
        assertThat(run.outcome().state()).isEqualTo(RunState.FAILED);
        assertThat(run.outcome().message()).contains("rows.txt");
    }

    @Test
    void writesNoInheritedVariableDownButThoseThatFindPrograms() throws Exception {
        bench.environment().put("MY_TOKEN", "hunter2");
        bench.environment().put("PATH", "/opt/tool/bin:/usr/bin");
        Bench.Running run = bench.start(bench.flow(ONE));
        bench.engine().nextStart();
        run.session().stop(StopKind.INTERRUPT, "Ctrl-C");
        run.outcome();
        for (Path file : List.of(
                run.folder().manifest(),
                run.folder().events(),
                run.folder().step("work").document())) {
            assertThat(Files.readString(file)).doesNotContain("hunter2");
        }

        bench.environment().put("PATH", "/usr/bin");
        Bench.Running next = bench.start(anew());
        FakeStep again = bench.engine().nextStart();
        assertThat(again.launch().environment())
                .containsEntry("PATH", "/opt/tool/bin:/usr/bin")
                .containsEntry("MY_TOKEN", "hunter2");
        again.succeed();
        next.outcome();
    }
}
