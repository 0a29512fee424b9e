package dev.cairn.examples;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;

/**
 * Takes one run to its end while everything of it (runner, supervisors, steps) is killed at random moments and resumed.
 * Confined to one thread.
 */
final class KillAndResume {
    private static final int NO_SUCH_RUN = 66;

    private final Cairn cairn;
    private final Random random;
    private final Duration atMost;
    private int killsLeft;
    private final List<AtDeath> deaths = new ArrayList<>();

    /**
     * @param kills after so many it is left alone
     * @param atMost kills come between 0 and this long after a start or resume
     */
    KillAndResume(Cairn cairn, Random random, int kills, Duration atMost) {
        this.cairn = cairn;
        this.random = random;
        this.killsLeft = kills;
        this.atMost = atMost;
    }

    /** @return the finished run's folder */
    Path run() throws IOException, InterruptedException {
        String[] run = {"run", "flow.yaml"};
        Process process = cairn.start(run);
        while (killed(process)) {
            List<Path> runs = cairn.runs();
            if (!runs.isEmpty()) {
                deaths.addAll(AtDeath.of(runs.get(0)));
            }
            process = cairn.start("resume");
        }
        int code = cairn.await(process);
        // Killed before there was a run to resume.
        while (code == NO_SUCH_RUN) {
            code = cairn.run(run);
        }
        if (code != 0) {
            throw new AssertionError("exit code " + code + "; Cairn said:\n" + cairn.said());
        }
        if (cairn.runs().size() != 1) {
            throw new AssertionError("one run became several: " + cairn.runs());
        }
        return cairn.runs().get(0);
    }

    int killsLeft() {
        return killsLeft;
    }

    /** Every attempt that did not go on from the newest image there was, in words. */
    List<String> notFromTheNewest() throws IOException {
        List<String> broken = new ArrayList<>();
        for (AtDeath death : deaths) {
            broken.addAll(death.broken(cairn.runs().get(0)));
        }
        return broken;
    }

    /** Waits for a random moment and kills everything; false when the command had ended by then or may live. */
    private boolean killed(Process process) throws InterruptedException {
        if (killsLeft == 0 || process.waitFor(random.nextLong(atMost.toMillis()), TimeUnit.MILLISECONDS)) {
            return false;
        }
        cairn.killAll();
        killsLeft--;
        return true;
    }
}
