package dev.cairn.examples;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;

/** Kills some of the processes of a run, or all, one after the other in a random order. Confined to one thread. */
final class Victims {
    private static final int LONGEST_GAP_MILLIS = 30;

    private final Cairn cairn;
    private final Random random;

    Victims(Cairn cairn, Random random) {
        this.cairn = cairn;
        this.random = random;
    }

    /**
     * @param runner whether to kill the runner too; the others are chosen
     * @return who was killed, in that order
     */
    List<String> kill(boolean runner) throws InterruptedException {
        Set<HostProcess> all = cairn.processes();
        List<HostProcess> victims = new ArrayList<>(
                all.stream().filter(Predicate.not(Victims::isRunner)).toList());
        Collections.shuffle(victims, random);
        int spared = victims.isEmpty() ? 0 : random.nextInt(victims.size());
        victims.subList(0, spared).clear();
        if (runner) {
            all.stream().filter(Victims::isRunner).forEach(victims::add);
            Collections.shuffle(victims, random);
        }
        List<String> killed = new ArrayList<>();
        for (HostProcess victim : victims) {
            victim.kill();
            killed.add(role(victim));
            TimeUnit.MILLISECONDS.sleep(random.nextInt(LONGEST_GAP_MILLIS));
        }
        return killed;
    }

    private static boolean isRunner(HostProcess process) {
        return process.command().contains("dev.cairn.cli.Main");
    }

    private static String role(HostProcess process) {
        if (isRunner(process)) {
            return "runner";
        }
        // pid 1 of the step's namespace is a fork of its supervisor, and has its name
        return process.command().contains("cairn-supervisor") ? "supervisor or init" : "step";
    }
}
