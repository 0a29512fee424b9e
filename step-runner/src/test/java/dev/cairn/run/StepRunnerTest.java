package dev.cairn.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.cairn.engine.HostFinding;
import dev.cairn.files.DocumentException;
import dev.cairn.run.control.StopKind;
import dev.cairn.run.event.RunEvent;
import dev.cairn.run.failure.NoSuchRunException;
import dev.cairn.run.failure.OwnershipLostException;
import dev.cairn.run.failure.RunnerFailedException;
import dev.cairn.run.fake.Bench;
import dev.cairn.run.fake.FakeStep;
import dev.cairn.run.manifest.RunState;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Which run a line means, and who gets it. */
class StepRunnerTest {
    private static final String ONE =
            "name: one\ninputs: {who: {type: string, default: you}}\nsteps: [{id: work, run: x}]\n";

    @TempDir
    Path folder;

    private Bench bench;

    @BeforeEach
    void bench() {
        bench = new Bench(folder);
    }

    private Bench.Running interrupted(WorkflowRequest request) throws Exception {
        Bench.Running run = bench.start(request);
        bench.engine().nextStart();
        run.session().stop(StopKind.INTERRUPT, "Ctrl-C");
        run.outcome();
        return run;
    }

    private Bench.Running succeeded(WorkflowRequest request) throws Exception {
        Bench.Running run = bench.start(request);
        bench.engine().nextStart().succeed();
        assertThat(run.outcome().state()).isEqualTo(RunState.SUCCEEDED);
        return run;
    }

    @Test
    void continuesTheNewestUnfinishedRunOfThatFileAndThoseInputs() throws Exception {
        WorkflowRequest request = bench.flow(ONE);
        Bench.Running first = interrupted(request);
        Bench.Running otherInputs = interrupted(request.withInputs(Map.of("who", "me")));
        assertThat(otherInputs.session().id()).isNotEqualTo(first.session().id());
        Bench.Running again = succeeded(request);
        assertThat(again.session().id()).isEqualTo(first.session().id());
        assertThat(again.session().isFresh()).isFalse();
        assertThat(succeeded(request).session().isFresh()).isTrue();
    }

    @Test
    void startsAnewWhenAsked() throws Exception {
        WorkflowRequest request = bench.flow(ONE);
        Bench.Running first = interrupted(request);
        Bench.Running second = interrupted(request.startingNew());
        assertThat(second.session().id()).isNotEqualTo(first.session().id());
        assertThat(succeeded(request).session().id()).isEqualTo(second.session().id());
        assertThat(succeeded(request).session().id())
                .as("the older one is the newest unfinished now")
                .isEqualTo(first.session().id());
    }

    @Test
    void aKeyResumesWhatFailedAndDoesNothingOnceItSucceeded() throws Exception {
        WorkflowRequest request = bench.flow(ONE).withKey("dag/run 1/task");
        Bench.Running run = bench.start(request);
        bench.engine().nextStart().fail(1);
        assertThat(run.outcome().state()).isEqualTo(RunState.FAILED);
        Bench.Running again = succeeded(request);
        assertThat(again.session().id()).isEqualTo(run.session().id());
        assertThat(bench.runner().run(request)).isInstanceOf(OpenResult.Done.class);
        assertThat(bench.engine().starts()).hasSize(2);
    }

    @Test
    void aKeyOfAnotherFileOrCommandIsRefusedWhateverHasBecomeOfItsRun() throws Exception {
        WorkflowRequest request = bench.flow(ONE).withKey("taken");
        Path other = bench.write("other.yaml", "steps: [{id: other, run: x}]\n");
        Bench.Running run = interrupted(request);
        bench.assertRefused(
                WorkflowRequest.of(other).withKey("taken"),
                "key taken belongs to a run of " + folder.resolve("flow.yaml") + ", not of " + other
                        + ": choose another key for this file; see that run with: cairn show taken");
        assertThat(succeeded(request).session().id()).isEqualTo(run.session().id());
        bench.assertRefused(WorkflowRequest.of(other).withKey("taken"), "flow.yaml");

        Bench.Running command =
                bench.start(bench.runner().exec(CheckpointedCommand.of("x").named("command")));
        bench.engine().nextStart();
        command.session().stop(StopKind.INTERRUPT, "Ctrl-C");
        command.outcome();
        bench.assertRefused(WorkflowRequest.of(other).withKey("command"), "a command (cairn exec)");
        assertThat(bench.engine().starts()).as("nothing of the others").hasSize(3);
    }

    @Test
    void aKeyGoesOnWithItsFileWhenThatHasChangedOrMoved() throws Exception {
        Bench.Running run = interrupted(bench.flow(ONE).withKey("k"));
        Bench.Running renamed =
                interrupted(bench.flow(ONE.replace("name: one", "name: uno")).withKey("k"));
        assertThat(renamed.session().id()).isEqualTo(run.session().id());
        Path moved = Files.createDirectory(folder.resolve("moved")).resolve("flow.yaml");
        Files.move(bench.flow(ONE).file(), moved);
        assertThat(succeeded(WorkflowRequest.of(moved).withKey("k")).session().id())
                .isEqualTo(run.session().id());
    }

    @Test
    void aKeyIsRefusedWithOtherInputsThanItsRunHas() throws Exception {
        WorkflowRequest plain = bench.flow(ONE).withKey("k");
        WorkflowRequest me = plain.withInputs(Map.of("who", "me"));
        Bench.Running run = interrupted(me);
        String reason = "the run of key k was started with who=me, not with who=you: "
                + "omit --input who to resume that run, or choose another key";
        bench.assertRefused(plain.withInputs(Map.of("who", "you")), reason);
        assertThat(interrupted(plain).session().id()).isEqualTo(run.session().id());
        assertThat(succeeded(me).session().id()).isEqualTo(run.session().id());
        bench.assertRefused(plain.withInputs(Map.of("who", "you")), reason);
        assertThat(bench.runner().run(plain)).isInstanceOf(OpenResult.Done.class);

        WorkflowRequest more = bench.flow(ONE.replace("inputs: {", "inputs: {extra: {default: a}, "))
                .withKey("k");
        bench.assertRefused(more.withInputs(Map.of("extra", "b")), "was started with no input extra, not with extra=b");
        assertThat(bench.engine().starts()).hasSize(3);
    }

    @Test
    void aKeyWhoseRunHasTheDefaultGoesOnWhenThatIsGiven() throws Exception {
        WorkflowRequest plain = bench.flow(ONE).withKey("k");
        Bench.Running run = interrupted(plain);
        assertThat(succeeded(plain.withInputs(Map.of("who", "you"))).session().id())
                .isEqualTo(run.session().id());
    }

    @Test
    void namesALiveOwnerAndLeavesItAlone() throws Exception {
        WorkflowRequest request = bench.flow(ONE);
        Bench.Running run = bench.start(request);
        FakeStep step = bench.engine().nextStart();
        OpenResult second = bench.runner().run(request);
        assertThat(second).isInstanceOf(OpenResult.Held.class);
        assertThat(((OpenResult.Held) second).owner().process().pid())
                .isEqualTo(ProcessHandle.current().pid());
        step.succeed();
        run.outcome();
    }

    @Test
    void ofManyWhoStartTheSameLineOneMakesTheRun() throws Exception {
        WorkflowRequest request = bench.flow(ONE).withKey("race");
        int racers = 8;
        CyclicBarrier start = new CyclicBarrier(racers);
        ExecutorService threads = Executors.newFixedThreadPool(racers);
        List<Future<OpenResult>> openings = new ArrayList<>();
        for (int i = 0; i < racers; i++) {
            openings.add(threads.submit(() -> {
                StepRunner runner = bench.runner();
                start.await();
                return runner.run(request);
            }));
        }
        int ready = 0;
        for (Future<OpenResult> opening : openings) {
            ready += opening.get() instanceof OpenResult.Ready ? 1 : 0;
        }
        threads.shutdown();
        assertThat(ready).isEqualTo(1);
        assertThat(bench.runner().runs().list().runs()).hasSize(1);
    }

    @Test
    void findsARunByKeyByIdAndByTheBeginningOfAnId() throws Exception {
        Bench.Running run = interrupted(bench.flow(ONE).withKey("my key"));
        String id = run.session().id();
        assertThat(bench.runner().runs().find("my key").runId()).isEqualTo(id);
        assertThat(bench.runner().runs().find(id).runId()).isEqualTo(id);
        assertThat(bench.runner().runs().find(id.substring(0, 6)).runId()).isEqualTo(id);
        interrupted(bench.flow(ONE).startingNew());
        assertThatThrownBy(() -> bench.runner().runs().find("one-"))
                .isInstanceOf(NoSuchRunException.class)
                .hasMessageContaining(id);
        assertThatThrownBy(() -> bench.runner().runs().find("two")).isInstanceOf(NoSuchRunException.class);
    }

    @Test
    void runsACommandAndGoesOnWithItByItsName() throws Exception {
        CheckpointedCommand count =
                CheckpointedCommand.of("python3", "count.py").in(folder).named("count");
        Bench.Running run = bench.start(bench.runner().exec(count));
        FakeStep step = bench.engine().nextStart();
        assertThat(step.launch().command()).containsExactly("python3", "count.py");
        run.session().stop(StopKind.INTERRUPT, "Ctrl-C");
        assertThat(run.outcome().exit()).isPresent();

        assertThat(bench.runner()
                        .exec(CheckpointedCommand.of("other").in(folder).named("count")))
                .isInstanceOf(OpenResult.Refused.class);
        Bench.Running again = bench.start(bench.runner().exec(count));
        assertThat(again.session().id()).isEqualTo(run.session().id());
        FakeStep resumed = bench.engine().nextStart();
        assertThat(resumed.resumedFrom()).isEqualTo(1);
        resumed.fail(7);
        assertThat(again.outcome().exit().orElseThrow().exitCode()).hasValue(7);
    }

    @Test
    void numbersCommandsThatHaveNoName() throws Exception {
        CheckpointedCommand command =
                CheckpointedCommand.of("/usr/bin/python3", "count.py").in(folder);
        Bench.Running first = bench.start(bench.runner().exec(command));
        Bench.Running second = bench.start(bench.runner().exec(command));
        bench.engine().nextStart().succeed();
        bench.engine().nextStart().succeed();
        first.outcome();
        second.outcome();
        assertThat(bench.runner().runs().find("python3").runId())
                .isEqualTo(first.session().id());
        assertThat(bench.runner().runs().find("python3-2").runId())
                .isEqualTo(second.session().id());
    }

    @Test
    void refusesAStepThatThisHostCannotCheckpoint() throws Exception {
        bench.engine()
                .lacks(new HostFinding("user namespaces", false, true, "are off", "no checkpoints", "sysctl, by root"));
        Bench.Running run = bench.start(bench.flow(ONE));
        assertThat(run.outcome().state()).isEqualTo(RunState.FAILED);
        assertThat(run.outcome().message())
                .contains("user namespaces: are off (sysctl, by root)")
                .contains("checkpoint.required");
        assertThat(bench.engine().starts()).isEmpty();
    }

    @Test
    void runsAStepUnprotectedWhereThatIsAllowedAndSaysSo() throws Exception {
        bench.engine()
                .lacks(new HostFinding("user namespaces", false, true, "are off", "no checkpoints", "sysctl, by root"));
        bench.fallback().program("work", FakeStep::succeed);
        Bench.Running run =
                bench.start(bench.flow("name: n\nsteps: [{id: work, run: x, checkpoint: {required: false}}]\n"));
        assertThat(run.outcome().state()).isEqualTo(RunState.SUCCEEDED);
        assertThat(run.events())
                .filteredOn(RunEvent.Note.class::isInstance)
                .extracting(event -> ((RunEvent.Note) event).message())
                .anyMatch(message -> message.contains("unprotected"));
    }

    @Test
    void refusesAnImageChosenByNumberThatIsNotThere() throws Exception {
        WorkflowRequest request = bench.flow(ONE);
        interrupted(request);
        Bench.Running run = bench.start(request.with(new ResumeOptions(false, false, Map.of("work", 99L), Set.of())));
        assertThatThrownBy(run::outcome)
                .isInstanceOf(ExecutionException.class)
                .cause()
                .isInstanceOf(RunnerFailedException.class)
                .hasMessageContaining("99");
        succeeded(request);
    }

    @Test
    void refusesAChoiceForAStepThatIsNotThereOrHasSucceeded() throws Exception {
        WorkflowRequest request = bench.flow("name: n\nsteps: [{id: first, run: x}, {id: second, run: x}]\n");
        Bench.Running run = bench.start(request);
        bench.engine().nextStart().succeed();
        bench.engine().nextStart();
        run.session().stop(StopKind.INTERRUPT, "Ctrl-C");
        run.outcome();
        OpenResult opening =
                bench.runner().run(request.with(new ResumeOptions(false, false, Map.of("third", 1L), Set.of("first"))));
        assertThat(opening).isInstanceOf(OpenResult.Refused.class);
        assertThat(((OpenResult.Refused) opening).reasons())
                .hasSize(2)
                .anyMatch(reason -> reason.contains("first") && reason.contains("succeeded"))
                .anyMatch(reason -> reason.contains("'third'") && reason.contains("first, second"));
        Bench.Running again = bench.start(request);
        bench.engine().nextStart().succeed();
        assertThat(again.outcome().state()).isEqualTo(RunState.SUCCEEDED);
    }

    @Test
    void refusesAChoiceForAStepOfARunThatHasSucceeded() throws Exception {
        Bench.Running run = succeeded(bench.flow(ONE));
        for (String step : List.of("third", "work")) {
            ResumeOptions restart = new ResumeOptions(false, false, Map.of(), Set.of(step));
            assertThat(bench.runner().resume(run.folder(), restart, false))
                    .isInstanceOfSatisfying(
                            OpenResult.Refused.class,
                            refused -> assertThat(refused.reasons())
                                    .singleElement()
                                    .asString()
                                    .contains(step));
        }
        assertThat(bench.runner().resume(run.folder(), ResumeOptions.NONE, false))
                .isInstanceOf(OpenResult.Done.class);
        assertThat(bench.engine().starts()).hasSize(1);
    }

    @Test
    void letsGoWhenAnotherHasTakenTheRunOver() throws Exception {
        Bench.Running run = bench.start(bench.flow(ONE));
        FakeStep step = bench.engine().nextStart();
        Files.copy(run.folder().path().resolve("owner.1"), run.folder().path().resolve("owner.2"));
        step.publish("interval");
        assertThatThrownBy(run::outcome).cause().hasCauseInstanceOf(OwnershipLostException.class);
        assertThat(step.exit()).as("the step goes on").isEmpty();
    }

    @Test
    void refusesATornManifestByNameAndLosesNothing() throws Exception {
        WorkflowRequest request = bench.flow(ONE);
        Bench.Running run = interrupted(request);
        Path step = run.folder().step("work").document();
        String whole = Files.readString(step);
        Files.writeString(step, whole.substring(0, whole.length() / 2));
        StepRunner runner = bench.runner();
        assertThatThrownBy(() -> runner.run(request))
                .isInstanceOf(DocumentException.class)
                .hasMessageContaining(step.toString());
        assertThat(runner.ownerOf(run.folder())).isEmpty();

        Files.writeString(step, whole);
        succeeded(request);
    }

    @Test
    void letsGoOfARunThatItCannotRead() throws Exception {
        Bench.Running run = interrupted(bench.flow(ONE));
        Files.write(run.folder().workflow(), new byte[] {(byte) 0xff});
        StepRunner runner = bench.runner();
        assertThatThrownBy(() -> runner.resume(run.folder(), ResumeOptions.NONE, false))
                .isInstanceOf(IOException.class);
        assertThat(runner.ownerOf(run.folder())).isEmpty();
    }

    @Test
    void saysWhatIsWrongWithAWorkflow() throws Exception {
        OpenResult opening = bench.runner().run(bench.flow("name: n\nsteps: [{id: a, needs: [b], run: x, rn: y}]\n"));
        assertThat(opening).isInstanceOf(OpenResult.Invalid.class);
        assertThat(((OpenResult.Invalid) opening).problems()).hasSizeGreaterThanOrEqualTo(2);
        assertThat(bench.runner().runs().list().runs()).isEmpty();
    }
}
