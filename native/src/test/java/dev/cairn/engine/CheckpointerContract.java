package dev.cairn.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What every engine owes its callers. The proof is always the same: after any disturbance, a step ends with the result of an undisturbed
 * one.
 *
 * <p>The step counts: a line to its output and the same to a file of its own, a hundred times a second. It saves itself
 * when it gets USR1, for engines that leave that to the program.
 */
public abstract class CheckpointerContract {
    static final int COUNT = 150;
    static final Duration LONG_ENOUGH = Duration.ofSeconds(60);

    /** Saves on USR1; begins where the saved state says, cutting its own file back to it. */
    static final String COUNTER = """
            trap 'save=1' USR1
            i=0
            if [ -f state ]; then read -r i < state; head -n "$i" count.txt > cut; cat cut > count.txt; rm cut; fi
            while [ "$i" -lt %d ]; do
              i=$((i + 1))
              echo "counted $i"
              echo "$i" >> count.txt
              if [ -n "$save" ]; then save=; echo "$i" > state.new; mv state.new state; fi
              sleep 0.01
            done
            """.formatted(COUNT);

    @TempDir
    Path folder;

    private TestStep steps;

    /** The engine under test. */
    protected abstract Checkpointer engine();

    /** Takes an image, or names the one that this engine goes back to. */
    protected Path save(StepProcess step) throws EngineException {
        return step.checkpoint(new CheckpointRequest(Optional.empty(), "test", false))
                .path();
    }

    /** Adds what this engine needs to a launch. */
    protected LaunchBuilder adapt(LaunchBuilder launch) {
        return launch;
    }

    /** What the counter printed, over all attempts. */
    protected void assertLog(List<String> lines) {
        assertThat(lines).isEqualTo(counted("counted "));
    }

    @BeforeEach
    void prepare() throws IOException {
        steps = new TestStep(engine(), folder, this::adapt, this::assertLog);
    }

    @AfterEach
    void nothingIsLeft() throws Exception {
        steps.endAll();
    }

    protected final TestStep steps() {
        return steps;
    }

    @Test
    void runsUndisturbed() throws Exception {
        StepExit exit = steps.finish(steps.start(COUNTER));

        assertThat(exit.cause()).isEqualTo(EndCause.SUCCESS);
        assertThat(exit.exitCode()).isEqualTo(OptionalInt.of(0));
        assertThat(exit.running()).isBetween(Duration.ofMillis(COUNT * 10), LONG_ENOUGH);
        steps.assertCounted();
    }

    @Test
    void endsAsUndisturbedAfterEverythingWasKilled() throws Exception {
        StepProcess first = steps.start(COUNTER);
        steps.awaitCount(20);
        Path image = save(first);
        steps.awaitCount(steps.count() + 20);
        steps.kill(first.supervisor());

        StepExit exit = steps.finish(steps.start(COUNTER, launch -> launch.restoreFrom(image)));

        assertThat(exit.cause()).isEqualTo(EndCause.SUCCESS);
        steps.assertCounted();
    }

    @Test
    void goesOnFromItsImageUnderTheLeaseOfADeadSupervisorOfThisHost() throws Exception {
        LeaseTimes times = new LeaseTimes(Duration.ofMillis(50), LONG_ENOUGH, LONG_ENOUGH.multipliedBy(2));
        StepProcess first = steps.start(COUNTER, launch -> launch.lease(times));
        steps.awaitCount(20);
        Path image = save(first);
        steps.kill(first.supervisor());

        StepExit exit =
                steps.finish(steps.start(COUNTER, launch -> launch.lease(times).restoreFrom(image)));

        assertThat(exit.cause()).isEqualTo(EndCause.SUCCESS);
        steps.assertCounted();
    }

    @Test
    void doesNotTakeACheckpointForWhichThereIsNoRoom() throws Exception {
        StepProcess step = steps.start(COUNTER, launch -> launch.minFreeBytes(Long.MAX_VALUE));
        steps.awaitCount(5);

        assertThatThrownBy(() -> step.checkpoint(new CheckpointRequest(Optional.of(EndCause.PAUSED), "test", false)))
                .isInstanceOf(EngineException.class);

        assertThat(engine().checkpointsOf(steps.attemptDir())).last().isInstanceOf(CheckpointOutcome.Failed.class);
        assertThat(steps.finish(step).cause()).isEqualTo(EndCause.SUCCESS);
        steps.assertCounted();
    }

    @Test
    void standsStillWhileItsLeaseCannotBeRenewed() throws Exception {
        LeaseTimes times = new LeaseTimes(Duration.ofMillis(50), Duration.ofMillis(500), Duration.ofMinutes(1));
        StepProcess step =
                steps.start("while :; do echo x >> count.txt; sleep 0.01; done", launch -> launch.lease(times));
        steps.awaitCount(5);
        Path lease = folder.resolve("checkpoints").resolve("lease");
        assertThat(engine().lease(folder.resolve("checkpoints")))
                .hasValueSatisfying(seen -> assertThat(seen.here()).isTrue());

        Path kept = Files.createLink(folder.resolve("kept"), lease);
        Path unreadable = Files.writeString(folder.resolve("unreadable"), "half of a lea");
        Files.move(unreadable, lease, StandardCopyOption.ATOMIC_MOVE);
        steps.awaitStandstill();
        Files.move(kept, lease, StandardCopyOption.ATOMIC_MOVE);

        steps.awaitCount(steps.count() + 5);
        assertThat(engine().checkpointsOf(steps.attemptDir())).last().isInstanceOf(CheckpointOutcome.StoodStill.class);
        step.end(EndCause.CANCELLED, Duration.ZERO);
        assertThat(steps.finish(step).cause()).isEqualTo(EndCause.CANCELLED);
        assertThat(engine().lease(folder.resolve("checkpoints"))).isEmpty();
    }

    @Test
    void runsOnWhereSomebodyRemovesItsLease() throws Exception {
        LeaseTimes times = new LeaseTimes(Duration.ofMillis(50), Duration.ofSeconds(30), Duration.ofMinutes(1));
        StepProcess step =
                steps.start("while :; do echo x >> count.txt; sleep 0.01; done", launch -> launch.lease(times));
        steps.awaitCount(5);

        Files.delete(folder.resolve("checkpoints").resolve("lease"));

        while (engine().checkpointsOf(steps.attemptDir()).stream()
                .noneMatch(CheckpointOutcome.LeaseRecreated.class::isInstance)) {
            steps.awaitCount(steps.count() + 5);
        }
        assertThat(engine().lease(folder.resolve("checkpoints")))
                .hasValueSatisfying(seen -> assertThat(seen.here()).isTrue());
        step.end(EndCause.CANCELLED, Duration.ZERO);
        assertThat(steps.finish(step).cause()).isEqualTo(EndCause.CANCELLED);
    }

    @Test
    void stopsWithoutAnImageWhereThatIsAskedFor() throws Exception {
        StepProcess step = steps.start("sleep 1000", launch -> launch.minFreeBytes(Long.MAX_VALUE));

        assertThatThrownBy(() -> step.checkpoint(new CheckpointRequest(Optional.of(EndCause.PREEMPTED), "test", true)))
                .isInstanceOf(EngineException.class);

        StepExit exit = steps.finish(step);
        assertThat(exit.cause()).isEqualTo(EndCause.PREEMPTED);
        assertThat(exit.image()).isEmpty();
    }

    @Test
    void tellsExitCodes() throws Exception {
        StepExit exit = steps.finish(steps.start("exit 7"));

        assertThat(exit.cause()).isEqualTo(EndCause.FAILURE);
        assertThat(exit.exitCode()).isEqualTo(OptionalInt.of(7));
        assertThat(exit.signal()).isEmpty();
    }

    @Test
    void tellsSignals() throws Exception {
        StepExit exit = steps.finish(steps.start("kill -SEGV $$"));

        assertThat(exit.cause()).isEqualTo(EndCause.FAILURE);
        assertThat(exit.exitCode()).isEmpty();
        assertThat(exit.signal()).isEqualTo(OptionalInt.of(11));
    }

    @Test
    void givesTheStepItsEnvironmentAndNothingElse() throws Exception {
        StepExit exit = steps.finish(steps.start("exec env -u PWD -u SHLVL -u _ env"));

        assertThat(exit.cause()).isEqualTo(EndCause.SUCCESS);
        assertThat(Files.readAllLines(steps.stdout()))
                .containsExactlyInAnyOrderElementsOf(TestStep.ENVIRONMENT.entrySet().stream()
                        .map(e -> e.getKey() + "=" + e.getValue())
                        .collect(Collectors.toList()));
    }

    @Test
    void namesACommandThatDoesNotExist() throws Exception {
        assertThatThrownBy(() -> steps.start(List.of("/no/such/program")))
                .isInstanceOf(EngineException.class)
                .hasMessageContaining("/no/such/program");

        Optional<StepExit> exit = engine().exitOf(steps.attemptDir());
        assertThat(exit).map(StepExit::cause).contains(EndCause.FAILURE);
    }

    @Test
    void namesACommandThatIsNotOnThePathAlsoWhenAFolderThereMayNotBeRead() throws Exception {
        Path closed = Files.createDirectory(
                folder.resolve("closed"),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("---------")));
        Path plain = Files.createDirectory(folder.resolve("plain"));
        Files.createFile(plain.resolve("no-such-command"));
        String path = closed + ":" + plain + ":/usr/bin:/bin";

        assertThatThrownBy(() ->
                        steps.start(List.of("no-such-command"), launch -> launch.environment(Map.of("PATH", path))))
                .isInstanceOf(EngineException.class)
                .hasMessageContaining("no-such-command: no such command on PATH");
        StepExit exit = steps.finish(steps.start(List.of("true"), launch -> launch.environment(Map.of("PATH", path))));
        assertThat(exit.cause()).isEqualTo(EndCause.SUCCESS);
    }

    @Test
    void isFoundAgainByTheNextRunner() throws Exception {
        StepProcess started = steps.start(COUNTER);
        steps.awaitCount(10);
        started.close();

        try (StepProcess found = engine().attach(steps.attemptDir()).orElseThrow()) {
            assertThat(found.supervisor()).isEqualTo(started.supervisor());
            StepStatus status = found.status();
            assertThat(status.state()).isEqualTo(StepStatus.State.RUNNING);
            assertThat(status.processes()).isPositive();
            assertThat(status.residentBytes()).isPositive();
            assertThat(steps.finish(found).cause()).isEqualTo(EndCause.SUCCESS);
        }
        steps.assertCounted();
        steps.awaitNoSupervisor();
        assertThat(engine().exitOf(steps.attemptDir())).map(StepExit::cause).contains(EndCause.SUCCESS);
    }

    @Test
    void neverStartsAStepThatHadNotBegunWhenTheNextRunnerLooked() throws Exception {
        Path first = steps.attemptDir().resolveSibling("1");
        assertThat(engine().attach(first))
                .as("a folder that a power cut has taken")
                .isEmpty();
        Files.createDirectories(first);
        assertThat(engine().exitOf(first)).isEmpty();
        assertThat(engine().attach(first)).isEmpty();
        assertThat(engine().exitOf(first)).map(StepExit::cause).contains(EndCause.LOST);

        assertThatThrownBy(() -> steps.start("echo started")).isInstanceOf(EngineException.class);
        assertThat(steps.attemptDir()).isEqualTo(first);
        assertThat(steps.stdout()).doesNotExist();
    }

    @Test
    void passesSignalsOn() throws Exception {
        StepProcess step = steps.start("trap 'echo got USR2; exit 0' USR2; echo ready; while :; do sleep 0.01; done");
        steps.awaitOutput("ready");

        step.signal(12);

        assertThat(steps.finish(step).cause()).isEqualTo(EndCause.SUCCESS);
        assertThat(steps.stdout()).hasContent("ready\ngot USR2");
    }

    @Test
    void letsAStepEndInOrder() throws Exception {
        StepProcess step = steps.start("trap 'echo cleaned up; exit 3' TERM; echo ready; while :; do sleep 0.01; done");
        steps.awaitOutput("ready");

        step.end(EndCause.CANCELLED, LONG_ENOUGH);

        StepExit exit = steps.finish(step);
        assertThat(exit.cause()).isEqualTo(EndCause.CANCELLED);
        assertThat(exit.exitCode()).isEqualTo(OptionalInt.of(3));
        assertThat(steps.stdout()).hasContent("ready\ncleaned up");
    }

    @Test
    void killsAStepThatDoesNotEndInTime() throws Exception {
        StepProcess step = steps.start("trap '' TERM; echo ready; while :; do sleep 0.01; done");
        steps.awaitOutput("ready");

        step.end(EndCause.CANCELLED, Duration.ofMillis(50));

        StepExit exit = steps.finish(step);
        assertThat(exit.cause()).isEqualTo(EndCause.CANCELLED);
        assertThat(exit.signal()).isEqualTo(OptionalInt.of(9));
    }

    @Test
    void endsAStepThatRanForTooLong() throws Exception {
        StepProcess step = steps.start(
                "sleep 1000", launch -> launch.timeout(Duration.ofMillis(1200)).spent(Duration.ofSeconds(1)));

        StepExit exit = steps.finish(step);
        assertThat(exit.cause()).isEqualTo(EndCause.TIMEOUT);
        assertThat(exit.running()).isGreaterThanOrEqualTo(Duration.ofMillis(200));
    }

    @Test
    void takesTheStepAlongWhenTheSupervisorIsKilled() throws Exception {
        StepProcess step = steps.start("(trap '' HUP TERM; sleep 1000) & echo ready; sleep 1000");
        steps.awaitOutput("ready");

        steps.kill(step.supervisor());

        steps.awaitNoProcess();
        assertThat(step.awaitExit(LONG_ENOUGH)).isEmpty();
        assertThat(engine().exitOf(steps.attemptDir())).isEmpty();
        assertThat(engine().attach(steps.attemptDir())).isEmpty();
    }

    @Test
    void endsWithItsRunnerWhereItMayNotOutliveIt() throws Exception {
        StepProcess step = steps.start("echo ready; sleep 1000", launch -> launch.outlivesRunner(false));
        steps.awaitOutput("ready");

        step.close();

        assertThat(steps.awaitExitOfAttempt().cause()).isEqualTo(EndCause.INTERRUPTED);
        steps.awaitNoProcess();
    }

    protected static List<String> counted(String prefix) {
        return IntStream.rangeClosed(1, COUNT).mapToObj(i -> prefix + i).toList();
    }
}
