package dev.cairn.run.walk;

import java.lang.management.ManagementFactory;

/**
 * What this host has for steps.
 *
 * @param memoryBytes as a container's limit allows
 */
public record Capacity(double cpus, long memoryBytes) {

    public static Capacity ofThisHost() {
        long memory =
                ManagementFactory.getOperatingSystemMXBean() instanceof com.sun.management.OperatingSystemMXBean os
                        ? os.getTotalMemorySize()
                        : Long.MAX_VALUE;
        return new Capacity(Runtime.getRuntime().availableProcessors(), memory);
    }
}
