package dev.cairn.run.internal.execution;

import dev.cairn.slurm.BatchJob;
import java.lang.management.ManagementFactory;

/**
 * What a host has for steps, or a step takes of it; immutable.
 *
 * @param memoryBytes as a container's limit allows
 */
public record Capacity(double cpus, long memoryBytes) {

    /** Nothing at all. */
    public static final Capacity NONE = new Capacity(0, 0);

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
