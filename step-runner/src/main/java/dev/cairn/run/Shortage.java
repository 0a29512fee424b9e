package dev.cairn.run;

import dev.cairn.run.walk.Capacity;
import dev.cairn.slurm.BatchJob;
import java.util.Optional;

/** A step that asks for more cpus than its batch job or host has: it runs with what there is, and that is said. Pure. */
final class Shortage {
    private Shortage() {}

    /** @return what was asked for, what was granted, and what to do; empty when it is enough */
    static Optional<String> of(double asked, BatchJob job) {
        double granted = Capacity.of(job).cpus();
        return asked <= granted
                ? Optional.empty()
                : Optional.of("asks for " + number(asked) + " cpus, and Slurm granted job " + job.id() + " "
                        + number(granted)
                        + ": let it start $SLURM_CPUS_ON_NODE threads, or submit it where a job can have "
                        + number(asked));
    }

    /** Likewise where no batch job grants anything. */
    static Optional<String> of(double asked, Capacity host) {
        return asked <= host.cpus()
                ? Optional.empty()
                : Optional.of("asks for " + number(asked) + " cpus, and this host has " + number(host.cpus())
                        + ": it runs alone, with what there is");
    }

    private static String number(double cpus) {
        return cpus == Math.rint(cpus) ? Long.toString((long) cpus) : Double.toString(cpus);
    }
}
