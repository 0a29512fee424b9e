package dev.cairn.run.job;

import dev.cairn.slurm.SlurmException;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Consumer;

/** A job that asks for more cpus than any node has would wait for ever: it gets what there is, and that is said. */
final class Fitting {
    private Fitting() {}

    /** @return the settings with which the job is submitted */
    static Map<String, String> settings(JobPlan plan, JobBoard board, Consumer<String> tell)
            throws InterruptedException {
        String asked = plan.settings().getOrDefault(JobPlan.CPUS, "");
        OptionalInt most = asked.matches("[0-9]{1,6}") ? mostCpus(plan, board) : OptionalInt.empty();
        if (most.isEmpty() || Integer.parseInt(asked) <= most.getAsInt()) {
            return plan.settings();
        }
        Map<String, String> less = new HashMap<>(plan.settings());
        less.put(JobPlan.CPUS, Integer.toString(most.getAsInt()));
        tell.accept("asks for " + asked + " cpus, and the largest node there has " + most.getAsInt() + ": it runs with "
                + most.getAsInt());
        return less;
    }

    private static OptionalInt mostCpus(JobPlan plan, JobBoard board) throws InterruptedException {
        try {
            return board.slurm().mostCpus(Optional.ofNullable(plan.settings().get("partition")));
        } catch (SlurmException unheard) {
            return OptionalInt.empty();
        }
    }
}
