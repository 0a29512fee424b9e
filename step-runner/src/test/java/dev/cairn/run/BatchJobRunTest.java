package dev.cairn.run;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cairn.engine.EndCause;
import dev.cairn.run.control.StopKind;
import dev.cairn.run.event.RunEvent;
import dev.cairn.run.fake.Bench;
import dev.cairn.run.fake.FakeStep;
import dev.cairn.run.manifest.AttemptRecord;
import dev.cairn.run.manifest.RunState;
import dev.cairn.run.manifest.StepState;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Runners that are part of a Slurm job, one after the other, perhaps on different nodes. */
class BatchJobRunTest {
    private static final String ONE = "name: one\nsteps: [{id: work, run: work}]\n";

    @TempDir
    Path folder;

    private Bench bench;

    @BeforeEach
    void bench() {
        bench = new Bench(folder);
        bench.environment().putAll(Map.of("SLURM_JOB_ID", "12", "SLURM_CPUS_ON_NODE", "2"));
    }

    /** Of the job as Slurm shows it. */
    private void slurmShows(String job) throws Exception {
        Path bin = Files.createDirectories(folder.resolve("slurm"));
        Path scontrol = Files.writeString(bin.resolve("scontrol"), "#!/bin/sh\necho 'JobId=12 " + job + "'\n");
        assertThat(scontrol.toFile().setExecutable(true)).isTrue();
        bench.environment().put("PATH", bin + ":/usr/bin:/bin");
    }

    /** As by an srun in the step, whose task Slurm ends before it tells the runner. */
    @ParameterizedTest
    @CsvSource({
        "JobState=COMPLETING Restarts=0, FAILURE",
        "JobState=COMPLETING Restarts=0, KILLED",
        "JobState=PENDING Restarts=1, FAILURE",
        "JobState=PENDING Restarts=0, FAILURE",
        "JobState=RUNNING Restarts=0 PreemptTime=2026-03-01T02:00:00, FAILURE",
        "JobState=RUNNING Reason=TimeLimit Restarts=0, FAILURE"
    })
    void aStepThatEndsWhileSlurmEndsItsJobHasNotFailed(String job, EndCause end) throws Exception {
        slurmShows(job);
        Bench.Running run = bench.start(bench.flow(ONE));
        FakeStep step = bench.engine().nextStart();
        step.publish("interval");
        step.endAfter(Duration.ofSeconds(1), end);
        assertThat(run.outcome().state()).isEqualTo(RunState.INTERRUPTED);
        assertThat(run.step("work").state()).isEqualTo(StepState.PREEMPTED);
        assertThat(run.step("work").message()).contains("Slurm job 12");

        Bench.Running next = bench.start(bench.flow(ONE));
        FakeStep second = bench.engine().nextStart();
        assertThat(second.resumedFrom()).isEqualTo(1);
        second.succeed();
        assertThat(next.outcome().state()).isEqualTo(RunState.SUCCEEDED);
    }

    @Test
    void aStepThatFailsInAJobThatGoesOnHasFailed() throws Exception {
        slurmShows("JobState=RUNNING Reason=None Restarts=0 PreemptTime=None");
        Bench.Running run = bench.start(bench.flow(ONE));
        bench.engine().nextStart().fail(143);
        assertThat(run.outcome().state()).isEqualTo(RunState.FAILED);
    }

    @Test
    void aResumedStepFindsTheVariablesOfItsNewJobAndIsToldSo() throws Exception {
        slurmShows("JobState=RUNNING Restarts=0");
        Bench.Running run = bench.start(bench.flow(ONE));
        FakeStep first = bench.engine().nextStart();
        String path = first.launch().environment().get("PATH");
        assertThat(path).startsWith(run.folder().step("work").path().resolve("bin") + ":");
        first.publish("interval");
        run.session().stop(StopKind.PREEMPT, "preemption");
        run.outcome();

        bench.environment().put("SLURM_JOB_ID", "13");
        Bench.Running next = bench.start(bench.flow(ONE));
        FakeStep second = bench.engine().nextStart();
        assertThat(Path.of(second.launch().environment().get("CAIRN_ENV")))
                .content()
                .contains("export SLURM_JOB_ID='13'")
                .contains("export CAIRN_ATTEMPT='2'");
        second.succeed();
        next.outcome();
        assertThat(next.events())
                .filteredOn(RunEvent.Note.class::isInstance)
                .extracting(event -> ((RunEvent.Note) event).message())
                .singleElement()
                .asString()
                .contains("SLURM_JOB_ID")
                .doesNotContain("SLURM_CPUS_ON_NODE")
                .contains("$CAIRN_ENV");
    }

    private Bench.Running succeed(OpenResult opening) throws Exception {
        Bench.Running run = bench.start(opening);
        bench.engine().nextStart().succeed();
        assertThat(run.outcome().state()).isEqualTo(RunState.SUCCEEDED);
        return run;
    }

    private void requeued(int times) {
        bench.environment().put("SLURM_RESTART_COUNT", Integer.toString(times));
    }

    private static void assertDone(OpenResult opening, Bench.Running run) {
        assertThat(opening)
                .isInstanceOfSatisfying(
                        OpenResult.Done.class,
                        done -> assertThat(done.run().id())
                                .isEqualTo(run.folder().runId()));
    }

    /** Of a workflow and of a command. */
    private interface Line {
        OpenResult open() throws Exception;
    }

    private Stream<Line> lines() {
        return Stream.of(
                () -> bench.runner().run(bench.flow(ONE)),
                () -> bench.runner()
                        .exec(CheckpointedCommand.of("work").in(folder).named("work")));
    }

    @Test
    void aLineThatSucceededIsNotRepeatedWhenItsJobIsRequeued() throws Exception {
        for (Line line : lines().toList()) {
            requeued(0);
            Bench.Running first = succeed(line.open());
            requeued(1);
            assertDone(line.open(), first);
            requeued(2);
            assertDone(line.open(), first);
        }
    }

    @Test
    void aLineMayBeRepeatedWithinOneStartOfAJob() throws Exception {
        for (Line line : lines().toList()) {
            requeued(0);
            Bench.Running first = succeed(line.open());
            requeued(1);
            assertDone(line.open(), first);
            Bench.Running second = succeed(line.open());
            requeued(2);
            assertDone(line.open(), second);
            assertDone(line.open(), first);
            succeed(line.open());
        }
    }

    @Test
    void anotherJobStartsTheLineAgain() throws Exception {
        for (Line line : lines().toList()) {
            requeued(0);
            bench.environment().put("SLURM_JOB_ID", "12");
            succeed(line.open());
            bench.environment().put("SLURM_JOB_ID", "13");
            requeued(1);
            succeed(line.open());
            bench.environment().put("SLURM_JOB_ID", "12");
            succeed(line.open()); // who has its id now may be another job
        }
    }

    @Test
    void aScriptInAStepThatStartsOverStartsItsLinesAgain() throws Exception {
        bench.environment().put("CAIRN_RUN_ID", "outer");
        for (Line line : lines().toList()) {
            requeued(0);
            succeed(line.open());
            requeued(1);
            succeed(line.open());
        }
    }

    @Test
    void anotherCommandOfThatNameIsNotDoneByTheFirst() throws Exception {
        succeed(bench.runner().exec(CheckpointedCommand.of("one").in(folder).named("work")));
        requeued(1);
        succeed(bench.runner().exec(CheckpointedCommand.of("two").in(folder).named("work")));
    }

    @Test
    void noStepOutlivesItsRunner() throws Exception {
        Bench.Running run = bench.start(bench.flow(ONE));
        FakeStep step = bench.engine().nextStart();
        assertThat(step.launch().outlivesRunner()).isFalse();
        step.succeed();
        run.outcome();
        assertThat(run.step("work").lastAttempt().flatMap(AttemptRecord::job)).contains("12");
    }

    @Test
    void goesOnUnaskedWhereAnotherNodeLeftOff() throws Exception {
        Bench.Running run = bench.start(bench.flow(ONE));
        FakeStep step = bench.engine().nextStart();
        step.publish("interval");
        Bench.until(() -> run.events().stream()
                        .filter(RunEvent.ImagePublished.class::isInstance)
                        .count()
                == 2);
        run.die();
        step.kill();
        Path document = run.folder().step("work").document();
        Files.writeString(
                document,
                Files.readString(document)
                        .replaceAll("\"boot_id\" : \"[^\"]*\"", "\"boot_id\" : \"other\"")
                        .replaceAll("\"host\" : \\{\\s*\"name\" : \"[^\"]*\"", "\"host\" : {\"name\" : \"n99\""));

        Bench.Running next = bench.start(bench.flow(ONE));
        FakeStep second = bench.engine().nextStart();
        assertThat(second.resumedFrom()).isEqualTo(1);
        second.succeed();
        assertThat(next.outcome().state()).isEqualTo(RunState.SUCCEEDED);
        assertThat(next.step("work").attempts().get(0).endedBy(EndCause.LOST)).isTrue();
    }

    /** Killed between the end of the step and the note of it. */
    @Test
    void aStopThatItsRunnerCouldNotWriteDownIsGoneOnWithAtOnce() throws Exception {
        Bench.Running run = bench.start(bench.flow(ONE));
        FakeStep step = bench.engine().nextStart();
        step.publish("interval");
        run.die();
        step.endAfter(Duration.ofSeconds(1), EndCause.PREEMPTED);

        Bench.Running next = bench.start(bench.flow(ONE));
        FakeStep second = bench.engine().nextStart();
        assertThat(second.resumedFrom()).isEqualTo(1);
        second.succeed();
        assertThat(next.outcome().state()).isEqualTo(RunState.SUCCEEDED);
        assertThat(next.step("work").attempts().get(0).endedBy(EndCause.PREEMPTED))
                .isTrue();
    }

    @Test
    void aNodeThatDoesNotFitTheImageThrowsNoWorkAway() throws Exception {
        Bench.Running run = bench.start(bench.flow(ONE));
        FakeStep step = bench.engine().nextStart();
        Path image = step.publish("interval").path();
        Bench.until(() -> run.events().stream()
                        .filter(RunEvent.ImagePublished.class::isInstance)
                        .count()
                == 2);
        run.die();
        step.kill();
        bench.engine().makeForeign(image, "this CPU has no avx512f");

        Bench.Running next = bench.start(bench.flow(ONE));
        assertThat(next.outcome().state()).isEqualTo(RunState.INTERRUPTED);
        assertThat(next.step("work").state()).isEqualTo(StepState.INTERRUPTED);
        assertThat(next.step("work").message())
                .contains("does not fit image 1")
                .contains("avx512f")
                .contains("--exclude");
        assertThat(next.step("work").images()).hasSize(2);
        assertThat(bench.engine().starts()).hasSize(1);
    }

    @Test
    void saysThatAStepHasLessThanItAskedFor() throws Exception {
        bench.environment().put("SLURM_MEM_PER_NODE", "16");
        Bench.Running run = bench.start(
                bench.flow("name: one\nsteps: [{id: work, run: work, resources: {cpus: 6, memory: 1.5G}}]\n"));
        bench.engine().nextStart().succeed();
        assertThat(run.outcome().state()).isEqualTo(RunState.SUCCEEDED);
        String shortage =
                "asks for 6 cpus, and Slurm granted job 12 2: let it start $SLURM_CPUS_ON_NODE threads, or submit it"
                        + " where a job can have 6; asks for 1.5 GiB of memory, and Slurm granted job 12 16.0 MiB: submit it"
                        + " where a job can have 1.5 GiB";
        assertThat(run.events())
                .filteredOn(RunEvent.Note.class::isInstance)
                .extracting(event -> ((RunEvent.Note) event).message())
                .containsExactly(shortage);
        int said = run.events()
                .indexOf(run.events().stream()
                        .filter(RunEvent.Note.class::isInstance)
                        .findFirst()
                        .orElseThrow());
        assertThat(run.events().subList(0, said))
                .as("before it starts")
                .noneMatch(RunEvent.AttemptStarted.class::isInstance);
        assertThat(run.step("work").lastAttempt().flatMap(AttemptRecord::shortage))
                .contains(shortage);
    }
}
