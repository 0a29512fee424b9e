package dev.cairn.examples;

import static java.util.concurrent.TimeUnit.MINUTES;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A batch job whose only line is Cairn, under a real Slurm that takes its node away in every way it has. The same line starts and
 * resumes the run, and the result is that of an undisturbed run.
 */
class BatchJobTest {
    private static final Cluster SLURM = Cluster.only();
    private static final Example COUNT = Example.named("count");

    /** Counts as the example does, and asks Slurm for each number. */
    private static final String SRUN = """
            name: count
            inputs:
              to: {type: integer, default: 40}
            steps:
              - id: count
                checkpoint: {every: 1s}
                run: |
                  for i in $(seq 0 $((${{ inputs.to }} - 1))); do
                    srun --overlap --ntasks=1 sh -c 'echo $0; sleep 0.1' $i
                    srun --overlap --ntasks=1 sh -c 'echo $SLURM_JOB_ID >>jobs'
                    sleep 0.5
                  done
            """;

    /** What happens to the job once it has an image. */
    private enum Blow {
        PREEMPTION,
        REQUEUE,
        TIME_LIMIT,
        CANCELLATION,
        CONTROLLER_KILLED,
        NODE_DAEMON_KILLED,
        RUNNER_KILLED
    }

    /**
     * @param partition where a preemption comes at once ({@code nograce}), or after a grace time ({@code scavenge})
     * @param to how far the job counts, four numbers a second
     */
    private record Life(String partition, int to, List<Blow> blows) {}

    static Stream<Life> lives() {
        Life usual = new Life("nograce", 60, List.of(Blow.REQUEUE));
        return Boolean.getBoolean("cairn.long")
                ? Stream.concat(
                        Arrays.stream(Blow.values()).map(blow -> new Life("nograce", 400, List.of(blow, blow))),
                        Stream.of(
                                usual,
                                new Life("scavenge", 600, List.of(Blow.PREEMPTION, Blow.PREEMPTION, Blow.PREEMPTION)),
                                new Life(
                                        "nograce",
                                        400,
                                        List.of(Blow.CONTROLLER_KILLED, Blow.REQUEUE, Blow.RUNNER_KILLED))))
                : Stream.of(usual);
    }

    @ParameterizedTest
    @MethodSource("lives")
    void endsAsUndisturbedWhateverHappensToTheJob(Life life) throws Exception {
        try (Cairn cairn = Cairn.in(Rooms.next("batch-job"), COUNT.folder(), Caller.named())
                .with(SLURM.environment())) {
            List<String> options = new ArrayList<>(
                    List.of("--partition=" + life.partition(), "--output=job.log", "--job-name=" + name(cairn)));
            if (life.blows().contains(Blow.TIME_LIMIT)) {
                options.add("--time=1");
            }
            String job = submit(cairn, life, options);
            StepFiles step = Waiting.forStep(cairn, "count");
            for (Blow blow : life.blows()) {
                Waiting.forImageAfter(step, step.newestImage().orElse(0));
                int attempts = step.attempts().size();
                job = strike(blow, job, cairn, life, options);
                if (blow != Blow.CONTROLLER_KILLED && blow != Blow.NODE_DAEMON_KILLED) {
                    awaitAttempt(step, attempts + 1, cairn);
                }
            }
            awaitEnd(job, cairn);

            assertThat(cairn.runs()).hasSize(1);
            assertThat(Files.readString(step.folder().resolve("stdout.log")))
                    .as(log(cairn))
                    .isEqualTo(numbers(life.to()));
            assertThat(step.attempts().stream().skip(1))
                    .as("every start but the first goes on from an image: " + log(cairn))
                    .allSatisfy(attempt ->
                            assertThat(attempt.resumedFrom().orElse(0)).isPositive());
        }
    }

    /**
     * The shell of the step has the variables of its first job in its memory, and Slurm ends the srun before it tells the runner anything:
     * neither makes a failure.
     */
    @ParameterizedTest
    @EnumSource(
            value = Blow.class,
            names = {"REQUEUE", "CANCELLATION"})
    void srunInAResumedStepBelongsToTheCurrentJob(Blow blow) throws Exception {
        try (Cairn cairn =
                Cairn.in(Rooms.next("srun"), COUNT.folder(), Caller.named()).with(SLURM.environment())) {
            Files.writeString(cairn.project().resolve("flow.yaml"), SRUN);
            Life life = new Life("nograce", 40, List.of(blow));
            List<String> options = List.of("--partition=nograce", "--output=job.log", "--job-name=" + name(cairn));
            String job = submit(cairn, life, options);
            StepFiles step = Waiting.forStep(cairn, "count");
            Waiting.forImageAfter(step, 0);
            String next = strike(blow, job, cairn, life, options);
            awaitEnd(next, cairn);

            assertThat(cairn.runs()).hasSize(1);
            assertThat(step.attempts()).as(log(cairn)).hasSizeGreaterThan(1);
            assertThat(step.attempts().get(0).cause()).isEqualTo("preempted");
            assertThat(step.attempts().get(1).resumedFrom().orElse(0)).isPositive();
            assertThat(Files.readString(step.folder().resolve("stdout.log")))
                    .as(log(cairn))
                    .isEqualTo(numbers(life.to()));
            assertThat(Files.readAllLines(cairn.project().resolve("jobs")).get(life.to() - 1))
                    .isEqualTo(next);
        }
    }

    /**
     * The controller is killed and comes back with what it knew before the job started: it shows the job as waiting, and ends what runs of
     * it. The same script, submitted again, resumes.
     */
    @Test
    @EnabledIfSystemProperty(named = "cairn.long", matches = "true")
    void aJobThatItsControllerHasForgottenLosesNothing() throws Exception {
        try (Cairn cairn = Cairn.in(Rooms.next("forgotten"), COUNT.folder(), Caller.named())
                .with(SLURM.environment())) {
            Files.writeString(cairn.project().resolve("flow.yaml"), SRUN);
            Life life = new Life("nograce", 40, List.of(Blow.CONTROLLER_KILLED));
            List<String> options = new ArrayList<>(
                    List.of("--partition=nograce", "--output=job.log", "--job-name=" + name(cairn), "--begin=now+20"));
            String job = submit(cairn, life, options);
            Map<Path, byte[]> memory = SLURM.memoryOf(name(cairn));
            assertThat(SLURM.state(job)).isEqualTo("PENDING");
            StepFiles step = Waiting.forStep(cairn, "count");
            Waiting.forImageAfter(step, 0);
            SLURM.forgetSince(memory);
            await("Slurm to end job " + job)
                    .atMost(2, MINUTES)
                    .until(() -> cairn.processes().isEmpty());
            SLURM.ask("scancel", job); // the node may refuse to run a job of this id twice
            SLURM.putNodeBack();
            options.remove("--begin=now+20");
            job = submit(cairn, life, options);
            awaitEnd(job, cairn);

            assertThat(cairn.runs()).hasSize(1);
            assertThat(step.attempts().stream().map(StepFiles.Attempt::cause))
                    .as(log(cairn))
                    .doesNotContain("failure");
            assertThat(Files.readString(step.folder().resolve("stdout.log")))
                    .as(log(cairn))
                    .isEqualTo(numbers(life.to()));
        }
    }

    private static String numbers(int to) {
        return IntStream.range(0, to).mapToObj(i -> i + "\n").collect(Collectors.joining());
    }

    /** Of the job. */
    private static String name(Cairn cairn) {
        return "job" + cairn.home().toString().replace('/', '-');
    }

    private static String submit(Cairn cairn, Life life, List<String> options) throws Exception {
        Path script = cairn.project().resolve("job.sh");
        List<String> words =
                new ArrayList<>(List.of("slurm", "script", "flow.yaml", "--input", "to=" + life.to(), "--"));
        words.addAll(options);
        Files.writeString(script, cairn.printed(words.toArray(String[]::new)));
        return cairn.printedBy(List.of("sbatch", "--parsable", "job.sh")).strip();
    }

    /** @return the job that goes on */
    private static String strike(Blow blow, String job, Cairn cairn, Life life, List<String> options) throws Exception {
        switch (blow) {
            case PREEMPTION -> SLURM.displace();
            case REQUEUE -> SLURM.ask("scontrol", "requeue", job);
            case TIME_LIMIT -> {}
            case CONTROLLER_KILLED -> SLURM.restartController(name(cairn));
            case NODE_DAEMON_KILLED -> SLURM.restart("slurmd");
            case CANCELLATION -> {
                SLURM.ask("scancel", job);
                awaitOver(job);
                return submit(cairn, life, options);
            }
            case RUNNER_KILLED -> {
                cairn.killAll();
                awaitOver(job);
                return submit(cairn, life, options);
            }
        }
        return job;
    }

    private static void awaitAttempt(StepFiles step, int number, Cairn cairn) {
        await("attempt " + number + " of " + cairn.home())
                .atMost(3, MINUTES)
                .until(() -> step.attempts().size() >= number);
    }

    private static void awaitOver(String job) {
        await("the end of job " + job)
                .atMost(2, MINUTES)
                .until(() -> !List.of("RUNNING", "COMPLETING").contains(SLURM.state(job)));
    }

    private static void awaitEnd(String job, Cairn cairn) throws Exception {
        try {
            await("the success of job " + job).atMost(5, MINUTES).until(() -> SLURM.state(job), "COMPLETED"::equals);
        } catch (org.awaitility.core.ConditionTimeoutException late) {
            throw new AssertionError(SLURM.state(job) + "; Cairn said:\n" + log(cairn), late);
        }
    }

    private static String log(Cairn cairn) throws Exception {
        Path log = cairn.project().resolve("job.log");
        return Files.exists(log) ? Files.readString(log) : "";
    }
}
