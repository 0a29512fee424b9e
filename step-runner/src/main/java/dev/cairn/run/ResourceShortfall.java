package dev.cairn.run;

import dev.cairn.run.internal.execution.Capacity;
import dev.cairn.slurm.BatchJob;
import dev.cairn.workflow.value.Sizes;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Describes a step that asks for more than its batch job or host has. The step runs with the available resources, and a
 * message says what it asked for, what is available, and what to do. Pure.
 *
 * @param memory in bytes
 */
record ResourceShortfall(double cpus, long memory) {

    /** Empty when the job has enough. */
    Optional<String> in(BatchJob job) {
        String grants = "Slurm granted job " + job.id();
        String elsewhere = "submit it where a job can have ";
        return against(
                Capacity.of(job),
                grants,
                "let it start $SLURM_CPUS_ON_NODE threads, or " + elsewhere + number(cpus),
                elsewhere + Sizes.text(memory));
    }

    /** Empty when the host has enough. */
    Optional<String> on(Capacity host) {
        String alone = "it runs alone, with what there is";
        return against(host, "this host has", alone, alone);
    }

    private Optional<String> against(Capacity there, String has, String forCpus, String forMemory) {
        List<String> lacking = new ArrayList<>();
        if (cpus > there.cpus()) {
            lacking.add("asks for " + number(cpus) + " cpus, and " + has + " " + number(there.cpus()) + ": " + forCpus);
        }
        if (memory > there.memoryBytes()) {
            lacking.add("asks for " + Sizes.text(memory) + " of memory, and " + has + " "
                    + Sizes.text(there.memoryBytes()) + ": " + forMemory);
        }
        return lacking.isEmpty() ? Optional.empty() : Optional.of(String.join("; ", lacking));
    }

    private static String number(double cpus) {
        return cpus == Math.rint(cpus) ? Long.toString((long) cpus) : Double.toString(cpus);
    }
}
