package dev.cairn.run.internal.job;

import dev.cairn.slurm.SlurmException;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Consumer;

/**
 * Limits the cpus of a job to those of the largest node, with a message. A job that asks for more would wait for ever.
 */
final class NodeCpuLimit {
    private NodeCpuLimit() {}

    /** @return the settings with which the job is submitted */
    static Map<String, String> settings(JobPlan plan, SlurmJobTracker tracker, Consumer<String> tell)
            throws InterruptedException {
        OptionalInt asked = JobPlan.cpus(plan.settings());
        OptionalInt most = asked.isPresent() ? mostCpus(plan, tracker) : OptionalInt.empty();
        if (most.isEmpty() || asked.getAsInt() <= most.getAsInt()) {
            return plan.settings();
        }
        Map<String, String> less = new HashMap<>(plan.settings());
        less.put(JobPlan.CPUS, Integer.toString(most.getAsInt()));
        tell.accept("asks for " + asked.getAsInt() + " cpus, and the largest node there has " + most.getAsInt()
                + ", with which it is submitted: let it start $SLURM_CPUS_ON_NODE threads, or name a partition with larger"
                + " nodes");
        return less;
    }

    private static OptionalInt mostCpus(JobPlan plan, SlurmJobTracker tracker) throws InterruptedException {
        try {
            return tracker.slurm().mostCpus(Optional.ofNullable(plan.settings().get("partition")));
        } catch (SlurmException unheard) {
            return OptionalInt.empty();
        }
    }
}
