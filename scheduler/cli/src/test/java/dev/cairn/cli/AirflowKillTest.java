package dev.cairn.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cairn.airflow.AirflowDouble;
import dev.cairn.airflow.AirflowDouble.Behaviour;
import dev.cairn.airflow.AirflowDouble.Fault;
import dev.cairn.cli.CairnProcess.Outcome;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A runner whose step triggers a DAG run is killed ({@code kill -9}) at each request that it makes, before or after the server has carried it out, by a server
 * that also loses answers, fails and says 409. Whatever happens, there is one DAG run in the end, and the run succeeds.
 *
 * <p>{@code -Dcairn.long=true}: 200 rounds; {@code -Dcairn.seed=N} repeats a run's choices.
 */
final class AirflowKillTest {
    private static final int ROUNDS = Boolean.getBoolean("cairn.long") ? 200 : 5;
    /** A run makes as many at least: version, login, looks, checks, trigger, looks and tasks. */
    private static final int REQUESTS = 11;

    @TempDir
    Path folder;

    @Test
    void triggersOnceWheneverItIsKilled() throws Exception {
        long seed = Long.getLong("cairn.seed", System.nanoTime());
        System.out.println("AirflowKillTest: -Dcairn.seed=" + seed);
        Random random = new Random(seed);
        int killed = 0;
        for (int round = 0; round < ROUNDS; round++) {
            // the long test goes through every point in turn; the short one picks some
            int point = ROUNDS > REQUESTS ? 1 + round / 2 % REQUESTS : 1 + random.nextInt(REQUESTS);
            killed += round(round, point, round % 2 == 0, random);
        }
        assertThat(killed).as("rounds in which the runner was killed").isEqualTo(ROUNDS);
    }

    private int round(int round, int point, boolean before, Random random) throws Exception {
        Path here = Files.createDirectories(folder.resolve(Integer.toString(round)));
        Files.writeString(here.resolve("flow.yaml"), """
                name: kill
                steps:
                  - {id: dag, uses: airflow, with: {connection: fake, dag: d, poll: 50ms, conf: {round: %d}}}
                """.formatted(round));
        String what = "round " + round + ", killed " + (before ? "before" : "after") + " request " + point;
        try (AirflowDouble airflow = new AirflowDouble()) {
            Killer killer = new Killer(point, before, random.nextLong());
            airflow.behave(killer);
            Outcome outcome = start(here, airflow, killer);
            int starts = 1;
            // once it is not killed, its own retries have to be enough
            while (outcome.exitCode() == 137 && starts < 5) {
                outcome = start(here, airflow, killer);
                starts++;
            }
            assertThat(outcome.exitCode()).as(what + "\n" + outcome.err()).isZero();
            assertThat(airflow.triggers()).as(what).hasSize(1);
            return starts > 1 ? 1 : 0;
        }
    }

    private static Outcome start(Path here, AirflowDouble airflow, Killer killer) throws Exception {
        try (CairnProcess cairn =
                CairnProcess.start(here, airflow.environment(), Path.of("/dev/null"), "run", "flow.yaml")) {
            killer.aim(cairn.pid());
            return cairn.await();
        }
    }

    /** Kills at one request, and again at a later one; at the others it lets things go wrong now and then. */
    private static final class Killer implements Behaviour {
        private final int again;
        private final boolean before;
        private final Random random;
        private int due;
        private volatile Optional<ProcessHandle> victim = Optional.empty();

        Killer(int point, boolean before, long seed) {
            this.random = new Random(seed);
            this.due = point;
            this.again = point + 3 + random.nextInt(10);
            this.before = before;
        }

        void aim(long pid) {
            victim = ProcessHandle.of(pid);
        }

        @Override
        public Fault at(int request, String what) {
            if (before && isDue(request)) {
                kill();
            }
            boolean trigger = what.startsWith("POST") && what.endsWith("dagRuns");
            int chance;
            synchronized (random) {
                chance = random.nextInt(100);
            }
            if (trigger) {
                Fault[] faults = Fault.values();
                return chance < 60 ? faults[chance % faults.length] : Fault.NONE;
            }
            return chance < 10 && what.contains("dagRuns/") ? Fault.ERROR : Fault.NONE;
        }

        @Override
        public void after(int request, String what) {
            if (!before && isDue(request)) {
                kill();
            }
        }

        /** Or the first one after it that comes so far: one that fails is not carried out. */
        private synchronized boolean isDue(int request) {
            if (request < due) {
                return false;
            }
            due = due < again ? again : Integer.MAX_VALUE;
            return true;
        }

        /** Returns when it is dead, so that no answer reaches it any more. */
        private void kill() {
            ProcessHandle process = victim.orElseThrow();
            process.destroyForcibly();
            process.onExit().join();
        }
    }
}
