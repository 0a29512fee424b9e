package dev.cairn.workflow.plan;

import dev.cairn.workflow.spec.Setting;
import dev.cairn.workflow.spec.SlurmRequest;
import java.util.Optional;

/**
 * Where a step runs, and the resources that it takes; immutable.
 *
 * @param slurm present for {@code runs_on: slurm}
 * @param cpus for local admission; 1 by default, 0 for a step with {@code uses}
 * @param memoryBytes for local admission; empty by default
 * @param baselineCpu whether libraries are limited to x86-64-v2, so that images fit other machines of a mixed cluster
 */
public record Placement(
        Optional<SlurmRequest> slurm, Setting<Double> cpus, Optional<Setting<Long>> memoryBytes, boolean baselineCpu) {

    public static final Placement HERE =
            new Placement(Optional.empty(), new Setting.Given<>(1.0), Optional.empty(), false);
}
