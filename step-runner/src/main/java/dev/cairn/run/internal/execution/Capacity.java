package dev.cairn.run.internal.execution;

import dev.cairn.slurm.BatchJob;
import java.lang.management.ManagementFactory;

/**
 * What this host has for steps.
 *
 * @param memoryBytes as a container's limit allows
 */
public record Capacity(double cpus, long memoryBytes) {

    /** What a batch job was granted of this host. */
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
