package dev.cairn.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.cairn.engine.EndCause;
import dev.cairn.run.control.CommandResult;
import dev.cairn.run.control.RunCommand;
import dev.cairn.run.control.StopKind;
import dev.cairn.run.event.RunEvent;
import dev.cairn.run.failure.RunnerFailedException;
import dev.cairn.run.fake.Bench;
import dev.cairn.run.fake.FakeEngine;
import dev.cairn.run.fake.FakeStep;
import dev.cairn.run.fake.ManualClock;
import dev.cairn.run.internal.execution.Capacity;
import dev.cairn.run.manifest.AttemptRecord;
import dev.cairn.run.manifest.RunManifest;
import dev.cairn.run.manifest.RunState;
import dev.cairn.run.manifest.StepState;
import dev.cairn.workflow.value.Sizes;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The order in which steps run, and what the end of one means for the others. */
class WalkTest {
    @TempDir
    Path folder;

    private Bench bench;

    @BeforeEach
    void bench() {
        bench = new Bench(folder);
    }

    private List<String> started() {
        return bench.engine().starts().stream().map(FakeStep::id).toList();
    }

    private void succeedUnlessTold(String... steps) {
        for (String step : steps) {
            bench.engine().program(step, FakeStep::succeed);
        }
    }

    @Test
    void runsStepsInTheOrderOfTheirNeeds() throws Exception {
        succeedUnlessTold("a", "b", "c", "d");
        Bench.Running run = bench.start(bench.flow("""
                name: n
                steps:
                  - {id: d, needs: [b, c], run: x}
                  - {id: c, needs: [a], run: x}
                  - {id: b, needs: [a], run: x}
                  - {id: a, needs: [], run: x}
                """));
        assertThat(run.outcome().state()).isEqualTo(RunState.SUCCEEDED);
        assertThat(started()).startsWith("a").endsWith("d").containsExactlyInAnyOrder("a", "b", "c", "d");
    }

    private static final String LATE = """
            name: n
            timeout: 1s
            steps:
              - {id: a, run: x, needs: []}
              - {id: b, run: x, needs: [a]}
              - {id: c, run: x, needs: []}
            on_failure: [{id: tell, run: x}]
            finally: [{id: clean, run: x}]
            """;

    @Test
    void endsARunThatTakesTooLongAsFailed() throws Exception {
        succeedUnlessTold("c", "tell", "clean");
        Bench.Running run = bench.start(bench.flow(LATE));
        assertThat(run.outcome().state()).isEqualTo(RunState.FAILED);
        assertThat(run.outcome().message()).isEqualTo("it took longer than its timeout of 1s");
        assertThat(run.step("a").state()).isEqualTo(StepState.CANCELLED);
        assertThat(run.step("b").message()).isEqualTo("the run took longer than its timeout");
        assertThat(run.step("c").state()).isEqualTo(StepState.SUCCEEDED);
        assertThat(started()).containsExactlyInAnyOrder("a", "c", "tell", "clean");

        succeedUnlessTold("a", "b");
        Bench.Running again = bench.start(bench.flow(LATE));
        assertThat(again.session().id()).isEqualTo(run.session().id());
        assertThat(again.outcome().state()).as("it has its whole time again").isEqualTo(RunState.SUCCEEDED);
    }

    @Test
    void countsTheTimeUnderAllRunners() throws Exception {
        succeedUnlessTold("c", "tell", "clean");
        String flow = LATE.replace("1s", "1h");
        Bench.Running first = bench.start(bench.flow(flow));
        Bench.until(() -> bench.engine().starts().size() == 2);
        first.session().stop(StopKind.INTERRUPT, "for the test");
        assertThat(first.outcome().state()).isEqualTo(RunState.INTERRUPTED);
        RunManifest manifest = RunManifest.read(first.session().folder());
        assertThat(manifest.driven()).isPositive();
        manifest.driven(Duration.ofHours(1));
        manifest.save(() -> {}, Instant.now());
        assertThat(bench.start(bench.flow(flow)).outcome().state()).isEqualTo(RunState.FAILED);
    }

    /** A kill says nothing of what a step needs, a failure does. */
    @Test
    void givesEachTryItsOwnLimits() throws Exception {
        bench.engine().program("a", step -> {
            switch (bench.engine().starts().size()) {
                case 1 -> step.endAfter(Duration.ofSeconds(1), EndCause.KILLED);
                case 2 -> step.endAfter(Duration.ofSeconds(1), EndCause.OOM);
                default -> step.succeed();
            }
        });
        Bench.Running run = bench.start(bench.flow("""
                name: n
                steps:
                  - {id: a, run: x, timeout: "${{ 10 * step.attempt }}m", retry: {max: 1, when: oom}}
                """));
        assertThat(run.outcome().state()).isEqualTo(RunState.SUCCEEDED);
        assertThat(bench.engine().starts())
                .map(step -> step.launch().timeout())
                .containsExactly(
                        Optional.of(Duration.ofMinutes(10)),
                        Optional.of(Duration.ofMinutes(10)),
                        Optional.of(Duration.ofMinutes(20)));
    }

    @Test
    void skipsWhatNeedsAFailedStepAndFinishesTheRest() throws Exception {
        succeedUnlessTold("other", "clean", "notify");
        bench.engine().program("bad", step -> step.fail(1));
        Bench.Running run = bench.start(bench.flow("""
                name: n
                steps:
                  - {id: bad, needs: [], run: x}
                  - {id: after, needs: [bad], run: x}
                  - {id: other, needs: [], run: x}
                on_failure: [{id: notify, run: x}]
                finally: [{id: clean, run: x}]
                """));
        assertThat(run.outcome().state()).isEqualTo(RunState.FAILED);
        assertThat(run.step("after").state()).isEqualTo(StepState.SKIPPED);
        assertThat(started()).contains("other").endsWith("notify", "clean").doesNotContain("after");
    }

    @Test
    void asksEachConditionWhenItsTurnHasCome() throws Exception {
        succeedUnlessTold("fallback", "never", "last");
        bench.engine().program("bad", step -> step.fail(1));
        Bench.Running run = bench.start(bench.flow("""
                name: n
                steps:
                  - {id: bad, run: x}
                  - {id: fallback, needs: [bad], if: failure(), run: x}
                  - {id: never, needs: [bad], if: "false", run: x}
                  - {id: last, needs: [fallback], if: always(), run: x}
                """));
        run.outcome();
        assertThat(started()).containsExactly("bad", "fallback", "last");
    }

    @Test
    void goesOnWhenAStepMayFail() throws Exception {
        succeedUnlessTold("after");
        bench.engine().program("bad", step -> step.fail(1));
        Bench.Running run = bench.start(bench.flow("""
                name: n
                steps:
                  - {id: bad, continue_on_error: true, run: x}
                  - {id: after, run: x}
                """));
        assertThat(run.outcome().state()).isEqualTo(RunState.SUCCEEDED);
        assertThat(started()).containsExactly("bad", "after");
    }

    @Test
    void runsNoMoreInstancesOfAMatrixThanAllowed() throws Exception {
        Bench.Running run = bench.start(bench.flow("""
                name: n
                steps:
                  - id: m
                    strategy: {matrix: {k: [1, 2, 3]}, max_parallel: 2}
                    resources: {cpus: 0.01}
                    run: echo ${{ matrix.k }}
                """));
        FakeStep first = bench.engine().nextStart();
        FakeStep second = bench.engine().nextStart();
        assertThat(List.of(first.id(), second.id())).containsExactlyInAnyOrder("m.1", "m.2");
        assertThat(run.session().runningStep("m.3")).isEmpty();
        first.succeed();
        FakeStep third = bench.engine().nextStart();
        assertThat(third.id()).isEqualTo("m.3");
        second.succeed();
        third.succeed();
        assertThat(run.outcome().state()).isEqualTo(RunState.SUCCEEDED);
    }

    @Test
    void theFirstFailureOfAMatrixEndsTheOthersWhenItShallFailFast() throws Exception {
        Bench.Running run = bench.start(bench.flow("""
                name: n
                steps:
                  - id: m
                    strategy: {matrix: {k: [1, 2, 3]}, max_parallel: 2, fail_fast: true}
                    resources: {cpus: 0.01}
                    run: echo ${{ matrix.k }}
                """));
        bench.engine().nextStart().fail(1);
        bench.engine().nextStart();
        assertThat(run.outcome().state()).isEqualTo(RunState.FAILED);
        assertThat(started()).hasSize(2);
        assertThat(run.step("m.3").state()).isEqualTo(StepState.CANCELLED);
    }

    @Test
    void admitsStepsByTheirCpus() throws Exception {
        int cpus = Runtime.getRuntime().availableProcessors();
        Bench.Running run = bench.start(bench.flow("""
                name: n
                steps:
                  - {id: large, needs: [], resources: {cpus: %d}, run: x}
                  - {id: small, needs: [], resources: {cpus: 1}, run: x}
                """.formatted(cpus)));
        FakeStep large = bench.engine().nextStart();
        assertThat(large.id()).isEqualTo("large");
        assertThat(run.session().runningStep("small")).isEmpty();
        large.succeed();
        bench.engine().nextStart().succeed();
        assertThat(run.outcome().state()).isEqualTo(RunState.SUCCEEDED);
    }

    @Test
    void saysThatAStepAsksForMoreThanTheHostHas() throws Exception {
        succeedUnlessTold("much", "large", "little");
        Bench.Running run = bench.start(bench.flow("""
                name: n
                steps:
                  - {id: much, run: x, resources: {cpus: 4096, memory: 1M}}
                  - {id: large, run: x, resources: {cpus: 1, memory: 1024T}}
                  - {id: little, run: x}
                """));
        assertThat(run.outcome().state()).isEqualTo(RunState.SUCCEEDED);
        Capacity host = Capacity.ofThisHost();
        String ofCpus =
                "asks for 4096 cpus, and this host has " + (int) host.cpus() + ": it runs alone, with what there is";
        String ofMemory = "asks for 1024.0 TiB of memory, and this host has " + Sizes.text(host.memoryBytes())
                + ": it runs alone, with what there is";
        assertThat(run.events())
                .filteredOn(RunEvent.Note.class::isInstance)
                .extracting(event -> ((RunEvent.Note) event).message())
                .containsExactly(ofCpus, ofMemory);
        assertThat(run.step("much").lastAttempt().flatMap(AttemptRecord::shortage))
                .contains(ofCpus);
        assertThat(run.step("large").lastAttempt().flatMap(AttemptRecord::shortage))
                .contains(ofMemory);
    }

    @Test
    void waitsBetweenRetriesEvenAcrossRunners() throws Exception {
        ManualClock clock = new ManualClock();
        bench.clock(clock);
        WorkflowRequest request =
                bench.flow("name: n\nsteps: [{id: work, run: x, retry: {max: 3, delay: 1h, backoff: 2}}]\n");
        Bench.Running run = bench.start(request);
        bench.engine().nextStart().fail(1);
        Bench.until(() -> run.events().stream()
                .anyMatch(event ->
                        event instanceof RunEvent.StepChanged changed && changed.state() == StepState.WAITING));
        run.die();
        assertThat(run.step("work").waitingUntil()).contains(clock.instant().plus(Duration.ofHours(1)));

        Bench.Running early = bench.start(request);
        Bench.until(() -> early.events().stream().anyMatch(RunEvent.RunChanged.class::isInstance));
        early.die();
        assertThat(bench.engine().starts()).hasSize(1);

        clock.forward(Duration.ofHours(1));
        Bench.Running due = bench.start(request);
        FakeStep second = bench.engine().nextStart();
        second.succeed();
        assertThat(due.outcome().state()).isEqualTo(RunState.SUCCEEDED);
    }

    @Test
    void takesUpRequestsThatOthersPutIntoItsFolder() throws Exception {
        WorkflowRequest request = bench.flow("name: n\nsteps: [{id: work, run: x}]\n");
        Bench.Running run = bench.start(request);
        FakeStep step = bench.engine().nextStart();
        Duration patience = Duration.ofSeconds(20);

        Optional<CommandResult> taken =
                bench.runner().steer(run.folder(), new RunCommand.Checkpoint(Optional.empty(), false), patience);
        assertThat(taken.orElseThrow().lines()).containsExactly(new CommandResult.Line("work", OptionalLong.of(1), ""));
        assertThat(step.exit()).isEmpty();

        Optional<CommandResult> unknown =
                bench.runner().steer(run.folder(), new RunCommand.Checkpoint(Optional.of("nobody"), false), patience);
        assertThat(unknown.orElseThrow().ok()).isFalse();

        bench.runner().steer(run.folder(), new RunCommand.Pause(), patience);
        assertThat(run.outcome().state()).isEqualTo(RunState.PAUSED);
        assertThat(bench.runner().run(request)).isInstanceOf(OpenResult.Paused.class);

        Bench.Running unpaused = bench.start(bench.runner().resume(run.folder(), ResumeOptions.NONE, true));
        bench.engine().nextStart();
        assertThat(bench.engine().starts().get(1).resumedFrom()).isEqualTo(2);
        bench.runner().steer(run.folder(), new RunCommand.Cancel(), patience);
        assertThat(unpaused.outcome().state()).isEqualTo(RunState.CANCELLED);
        assertThat(unpaused.step("work").state()).isEqualTo(StepState.CANCELLED);
    }

    @Test
    void aCommandReachesTheStepsOfARunThatNobodyRuns() throws Exception {
        Bench.Running run = bench.start(bench.flow("name: n\nsteps: [{id: work, run: x}, {id: later, run: x}]\n"));
        FakeStep step = bench.engine().nextStart();
        run.die();
        Duration patience = Duration.ofSeconds(20);

        CommandResult answer = bench.runner()
                .steer(run.folder(), new RunCommand.Checkpoint(Optional.empty(), false), patience)
                .orElseThrow();
        assertThat(answer.lines()).extracting(CommandResult.Line::step).containsExactly("work");
        assertThat(step.exit()).as("the step goes on").isEmpty();
        assertThat(RunManifest.read(run.folder()).state()).isEqualTo(RunState.RUNNING);

        bench.runner().steer(run.folder(), new RunCommand.Cancel(), patience);
        assertThat(RunManifest.read(run.folder()).state()).isEqualTo(RunState.CANCELLED);
        assertThat(bench.engine().starts()).as("nothing new was started").hasSize(1);
    }

    @Test
    @Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
    void aCommandToARunOfWhichNothingIsLeftButItsEndIsAnswered() throws Exception {
        Bench.Running run = bench.start(bench.flow("name: n\nsteps: [{id: work, run: x}]\n"));
        bench.engine().nextStart().succeed();
        assertThat(run.outcome().state()).isEqualTo(RunState.SUCCEEDED);
        RunManifest manifest = RunManifest.read(run.folder());
        manifest.state(RunState.RUNNING, "", Instant.now());
        manifest.save(() -> {}, Instant.now()); // as if the runner had been killed before the run's end was written

        CommandResult answer = bench.runner()
                .steer(run.folder(), new RunCommand.Cancel(), Duration.ofSeconds(20))
                .orElseThrow();

        assertThat(answer).isEqualTo(CommandResult.TOO_LATE);
        assertThat(RunManifest.read(run.folder()).state()).isEqualTo(RunState.SUCCEEDED);
    }

    @Test
    void aCommandThatMeetsTheEndOfItsStepIsAnswered() throws Exception {
        Bench.Running run = bench.start(bench.flow("name: n\nsteps: [{id: work, run: x}]\n"));
        FakeStep step = bench.engine().nextStart();
        step.closeEarly();
        CommandResult answer = run.session()
                .ask(new RunCommand.Checkpoint(Optional.empty(), false))
                .get(20, TimeUnit.SECONDS);
        assertThat(answer.lines())
                .singleElement()
                .matches(line -> line.failure().contains("used after close"));
        step.succeed();
        assertThat(run.outcome().state()).isEqualTo(RunState.SUCCEEDED);
    }

    @Test
    void doesAtTheEndWhatThePlanSaysAlsoAfterACancellation() throws Exception {
        succeedUnlessTold("clean");
        Bench.Running run =
                bench.start(bench.flow("name: n\nsteps: [{id: work, run: x}]\nfinally: [{id: clean, run: x}]\n"));
        bench.engine().nextStart();
        run.session().stop(StopKind.CANCEL, "asked");
        assertThat(run.outcome().state()).isEqualTo(RunState.CANCELLED);
        assertThat(started()).containsExactly("work", "clean");
    }

    @Test
    void isCancelledAlsoWhenOnlyItsEndWasLeftToDo() throws Exception {
        succeedUnlessTold("work");
        Bench.Running run =
                bench.start(bench.flow("name: n\nsteps: [{id: work, run: x}]\nfinally: [{id: clean, run: x}]\n"));
        bench.engine().nextStart();
        bench.engine().nextStart();
        run.session().stop(StopKind.CANCEL, "asked");
        assertThat(run.outcome().state()).isEqualTo(RunState.CANCELLED);
        assertThat(run.step("clean").state()).isEqualTo(StepState.CANCELLED);
    }

    @Test
    void givesAFailedRunAnotherGoWhenItIsResumed() throws Exception {
        succeedUnlessTold("good", "clean");
        bench.engine().program("bad", step -> step.fail(1));
        Bench.Running run = bench.start(bench.flow("""
                name: n
                steps: [{id: good, run: x}, {id: bad, run: x}, {id: after, run: x}]
                finally: [{id: clean, run: x}]
                """));
        assertThat(run.outcome().state()).isEqualTo(RunState.FAILED);
        succeedUnlessTold("bad", "after");
        Bench.Running again = bench.start(bench.runner().resume(run.folder(), ResumeOptions.NONE, false));
        assertThat(again.outcome().state()).isEqualTo(RunState.SUCCEEDED);
        assertThat(started()).containsExactly("good", "bad", "clean", "bad", "after", "clean");
    }

    @Test
    void asksEachConditionAgainWhenARunIsGivenAnotherGo() throws Exception {
        succeedUnlessTold("alarm");
        bench.engine().program("bad", step -> step.fail(1));
        bench.engine().program("instead", step -> step.fail(1));
        Bench.Running run = bench.start(bench.flow("""
                name: n
                steps: [{id: bad, run: x}, {id: instead, if: failure(), run: x}]
                finally: [{id: alarm, if: failure(), run: x}]
                """));
        assertThat(run.outcome().state()).isEqualTo(RunState.FAILED);
        succeedUnlessTold("bad", "instead");
        Bench.Running again = bench.start(bench.runner().resume(run.folder(), ResumeOptions.NONE, false));
        assertThat(again.outcome().state()).isEqualTo(RunState.SUCCEEDED);
        assertThat(started()).containsExactly("bad", "instead", "alarm", "bad");
        assertThat(again.step("instead").state()).isEqualTo(StepState.SKIPPED);
        assertThat(again.step("alarm").state()).isEqualTo(StepState.SKIPPED);
    }

    @Test
    void saysBeforeAnythingStartsWhatItCannotRunYet() throws Exception {
        OpenResult opening = bench.runner().run(bench.flow("""
                name: n
                steps:
                  - {id: first, run: x}
                  - {id: far, runs_on: slurm, run: x}
                  - {id: dag, uses: airflow, with: {connection: c, dag: d}}
                  - {id: other, checkpoint: {engine: criu}, run: x}
                """));
        assertThat(opening).isInstanceOf(OpenResult.Refused.class);
        assertThat(((OpenResult.Refused) opening).reasons())
                .hasSize(3)
                .anyMatch(reason -> reason.contains("step far") && reason.contains("slurm"))
                .anyMatch(reason -> reason.contains("step dag") && reason.contains("airflow"))
                .anyMatch(reason -> reason.contains("step other") && reason.contains("criu"));
        assertThat(started()).isEmpty();
    }

    @Test
    void isLeftWithTheReasonWhenAStepCannotEvenBeLookedAfter() throws Exception {
        bench.engine().program("work", step -> {
            throw new UnsatisfiedLinkError("libcairn.so: no space left");
        });
        Bench.Running run = bench.start(bench.flow("name: n\nsteps: [{id: work, run: x}]\n"));
        assertThatThrownBy(run::outcome)
                .cause()
                .isInstanceOf(RunnerFailedException.class)
                .hasMessageContaining("no space left");
    }

    @Test
    void handsAStepThatUsesAnActionToItAndEndsItWithoutAnImage() throws Exception {
        FakeEngine action = bench.action("airflow");
        WorkflowRequest flow = bench.flow("""
                name: n
                steps:
                  - {id: dag, uses: airflow, with: {connection: c, dag: d, conf: {n: 1}}}
                """);
        Bench.Running run = bench.start(flow);
        assertThat(action.nextStart().launch().command())
                .containsExactly("airflow", "{\"conf\":{\"n\":1},\"connection\":\"c\",\"dag\":\"d\",\"outputs\":{}}");
        run.session().stop(StopKind.INTERRUPT, "Ctrl-C");
        assertThat(run.outcome().state()).isEqualTo(RunState.INTERRUPTED);
        assertThat(run.step("dag")
                        .lastAttempt()
                        .orElseThrow()
                        .end()
                        .orElseThrow()
                        .image())
                .isEmpty();
        Bench.Running again = bench.start(flow);
        action.nextStart().succeed();
        assertThat(again.outcome().state()).isEqualTo(RunState.SUCCEEDED);
        assertThat(started()).isEmpty();
    }

    @Test
    void failsAStepThatCannotBeResolvedAndSaysWhere() throws Exception {
        bench.write("name.txt", "rm -rf; $(boom)");
        Bench.Running run =
                bench.start(bench.flow("name: n\nsteps: [{id: work, run: 'echo ${{ read(\"name.txt\") }}'}]\n"));
        assertThat(run.outcome().state()).isEqualTo(RunState.FAILED);
        assertThat(run.outcome().message()).contains("flow.yaml:2:");
        assertThat(started()).isEmpty();
    }

    @Test
    void tellsTheStateOfEveryStepAtTheEndOfALongRun() throws Exception {
        StringBuilder yaml = new StringBuilder("name: n\nsteps:\n");
        for (int i = 0; i < 640; i++) {
            yaml.append("  - {id: s").append(i).append(", needs: [], run: x}\n");
            bench.engine().program("s" + i, FakeStep::succeed);
        }
        Bench.Running run = bench.start(bench.flow(yaml.toString()));
        assertThat(run.outcome().state()).isEqualTo(RunState.SUCCEEDED);
        assertThat(RunManifest.read(run.folder()).steps())
                .hasSize(640)
                .allSatisfy((id, line) -> assertThat(line.state()).isEqualTo(StepState.SUCCEEDED));
    }

    /** Two lines of two steps, and a step after both. */
    private static String lines() {
        return """
            name: n
            steps:
              - id: trim
                strategy: {fail_fast: false, matrix: {s: [a, b]}}
                run: x
                outputs: {o: "${{ matrix.s }}.txt"}
              - id: align
                strategy: {fail_fast: false, matrix: {s: [b, a]}}
                run: "x ${{ steps.trim.outputs.o }}"
              - {id: sum, run: x}
            """;
    }

    private void finishWithOutput(FakeStep step) {
        bench.write(step.id().equals("trim.1") ? "a.txt" : "b.txt", "");
        step.succeed();
    }

    private static StepState stateOf(Bench.Running run, String step) {
        try {
            return run.step(step).state();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void anInstanceWaitsForItsCounterpartAlone() throws Exception {
        Bench.Running run = bench.start(bench.flow(lines()));
        FakeStep one = bench.engine().nextStart();
        FakeStep other = bench.engine().nextStart();
        assertThat(List.of(one.id(), other.id())).containsExactlyInAnyOrder("trim.1", "trim.2");
        finishWithOutput(one.id().equals("trim.2") ? one : other);
        FakeStep align = bench.engine().nextStart();
        assertThat(align.id()).as("of b, which comes first there").isEqualTo("align.1");
        align.succeed();
        (one.id().equals("trim.1") ? one : other).fail(1);
        assertThat(run.outcome().state()).isEqualTo(RunState.FAILED);
        assertThat(run.step("align.1").state()).isEqualTo(StepState.SUCCEEDED);
        assertThat(run.step("align.2").state()).isEqualTo(StepState.SKIPPED);
        assertThat(run.step("sum").state()).as("needs both lines").isEqualTo(StepState.SKIPPED);

        bench.engine().program("trim.1", this::finishWithOutput);
        bench.engine().program("align.2", FakeStep::succeed);
        bench.engine().program("sum", FakeStep::succeed);
        int before = bench.engine().starts().size();
        Bench.Running again = bench.start(bench.flow(lines()));
        assertThat(again.outcome().state()).isEqualTo(RunState.SUCCEEDED);
        assertThat(bench.engine().starts().stream().skip(before).map(FakeStep::id))
                .containsExactly("trim.1", "align.2", "sum");
    }

    @Test
    void anInstanceWaitsForAllWhenItRefersToAll() throws Exception {
        Bench.Running run = bench.start(bench.flow(lines().replace("outputs.o }}", "outputs.o[*] }}")));
        FakeStep one = bench.engine().nextStart();
        FakeStep other = bench.engine().nextStart();
        finishWithOutput(one);
        bench.engine().program("align.1", FakeStep::succeed);
        bench.engine().program("align.2", FakeStep::succeed);
        bench.engine().program("sum", FakeStep::succeed);
        Bench.until(() -> stateOf(run, one.id()) == StepState.SUCCEEDED);
        assertThat(bench.engine().starts()).hasSize(2);
        finishWithOutput(other);
        assertThat(run.outcome().state()).isEqualTo(RunState.SUCCEEDED);
    }
}
