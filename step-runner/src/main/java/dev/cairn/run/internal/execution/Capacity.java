package dev.cairn.run.internal.execution;

import dev.cairn.slurm.BatchJob;
import java.lang.management.ManagementFactory;

/**
 * The cpus and memory that a host has for steps, or that a step takes; immutable.
 *
 * @param memoryBytes within a container's limit
 */
public record Capacity(double cpus, long memoryBytes) {

    /** Nothing at all. */
    public static final Capacity NONE = new Capacity(0, 0);

    /** The part of this host that a batch job was granted. */
    public static Capacity of(BatchJob job) {
        Capacity host = ofThisHost();
        return new Capacity(
                job.cpus().isPresent() ? job.cpus().getAsInt() : host.cpus(),
                Math.min(job.memoryBytes().orElse(Long.MAX_VALUE), host.memoryBytes()));
    }

    public static Capacity ofThisHost() {
        long memory =
                ManagementFactory.getOperatingSystemMXBean() instanceof com.sun.management.OperatingSystemMXBean os
                        ? os.getTotalMemorySize()
                        : Long.MAX_VALUE;
        return new Capacity(Runtime.getRuntime().availableProcessors(), memory);
    }
}
