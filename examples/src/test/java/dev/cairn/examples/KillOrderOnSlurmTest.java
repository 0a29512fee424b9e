package dev.cairn.examples;

import static java.util.concurrent.TimeUnit.MINUTES;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.LongStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A batch job whose processes are killed in any order, some while Slurm requeues it. A job whose runner was killed has failed, and is
 * requeued; nothing else may fail it. A requeue may also meet a job that has just done its work.
 *
 * <p>{@code -Dcairn.long=true} does so to 100 jobs, {@code -Dcairn.rounds=N} to as many; {@code -Dcairn.seed=N} repeats a campaign's choices.
 */
class KillOrderOnSlurmTest {
    private static final int ROUNDS = Integer.getInteger("cairn.rounds", Boolean.getBoolean("cairn.long") ? 100 : 1);
    private static final int MOST_BLOWS = 3;
    /** After Slurm is asked for a requeue; it signals the job within a tenth of a second. */
    private static final int LATEST_KILL_MILLIS = 200;

    private static final Cluster SLURM = Cluster.only();
    private static final Example ORDERS = Example.named("src/test/flows/orders");

    /** Of one job. */
    private enum Blow {
        /** Processes of the step and its supervisor. */
        STEP,
        /** The runner, too. */
        RUNNER,
        REQUEUE,
        /** Slurm ends the job while its processes are killed. */
        REQUEUE_AND_STEP,
        REQUEUE_AND_RUNNER;

        boolean requeues() {
            return this == REQUEUE || this == REQUEUE_AND_STEP || this == REQUEUE_AND_RUNNER;
        }
    }

    static LongStream rounds() {
        long seed = Seed.next();
        return LongStream.range(seed, seed + ROUNDS);
    }

    @ParameterizedTest(name = "seed {0}")
    @MethodSource("rounds")
    void endsAsUndisturbedInWhicheverOrderItsProcessesAreKilled(long seed) throws Exception {
        Undisturbed undisturbed = Undisturbed.of(ORDERS);
        Random random = new Random(seed);
        List<String> told = new ArrayList<>(List.of("seed " + seed));
        try (Cairn cairn = Cairn.in(Rooms.next(ORDERS.name()), ORDERS.folder(), Caller.named())
                .with(SLURM.environment())) {
            Victims victims = new Victims(cairn, random);
            String job = submit(cairn);
            int blows = 1 + random.nextInt(MOST_BLOWS);
            for (int i = 0; i < blows && runs(job, cairn, told); i++) {
                TimeUnit.MILLISECONDS.sleep(random.nextLong(undisturbed.took().toMillis()));
                strike(Blow.values()[random.nextInt(Blow.values().length)], job, victims, random, told);
            }
            while (runs(job, cairn, told)) {
                await("the end of this start of job " + job).atMost(5, MINUTES).until(() -> !isRunning(job));
            }
            System.out.println(String.join(" ", told));

            assertThat(cairn.runs()).as("%s", told).hasSize(1);
            assertThat(Trees.differences(undisturbed.run(), cairn.runs().get(0), ORDERS.compared()))
                    .as("%s; Cairn said:%n%s", told, log(cairn))
                    .isEmpty();
        }
    }

    private static void strike(Blow blow, String job, Victims victims, Random random, List<String> told)
            throws Exception {
        Process requeue = null;
        if (blow.requeues() && isRunning(job)) {
            told.add("requeue");
            requeue = SLURM.begin("scontrol", "requeue", job);
            TimeUnit.MILLISECONDS.sleep(random.nextInt(LATEST_KILL_MILLIS));
        }
        if (blow != Blow.REQUEUE) {
            told.add(victims.kill(blow == Blow.RUNNER || blow == Blow.REQUEUE_AND_RUNNER)
                    .toString());
        }
        if (requeue != null) {
            requeue.waitFor(); // refused when the kills have ended the job before
        }
    }

    /**
     * Waits until a start of the job runs; one that was killed is requeued.
     *
     * @return false when the job has succeeded
     */
    private static boolean runs(String job, Cairn cairn, List<String> told) throws Exception {
        while (true) {
            await("job " + job + " to run or end").atMost(5, MINUTES).until(() -> isRunning(job) || isOver(job));
            if (isRunning(job)) {
                return true;
            }
            if (SLURM.state(job).equals("COMPLETED")) {
                return false;
            }
            String how = SLURM.ask("scontrol", "show", "job", "-o", job);
            assertThat(how).as("%s; Cairn said:%n%s", told, log(cairn)).contains(" ExitCode=0:9 ");
            told.add("again");
            SLURM.ask("scontrol", "requeue", job);
        }
    }

    private static boolean isRunning(String job) throws Exception {
        return SLURM.state(job).equals("RUNNING");
    }

    private static boolean isOver(String job) throws Exception {
        return List.of("COMPLETED", "FAILED", "CANCELLED", "NODE_FAIL", "TIMEOUT", "")
                .contains(SLURM.state(job));
    }

    private static String submit(Cairn cairn) throws Exception {
        Path script = cairn.project().resolve("job.sh");
        Files.writeString(
                script, cairn.printed("slurm", "script", "flow.yaml", "--", "--partition=nograce", "--output=job.log"));
        return cairn.printedBy(List.of("sbatch", "--parsable", "job.sh")).strip();
    }

    private static String log(Cairn cairn) throws Exception {
        Path log = cairn.project().resolve("job.log");
        return Files.exists(log) ? Files.readString(log) : "";
    }
}
