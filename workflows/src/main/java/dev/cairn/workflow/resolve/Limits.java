package dev.cairn.workflow.resolve;

import java.time.Duration;
import java.util.Optional;

/**
 * Time limit and resources of a step's instance in one try; immutable.
 *
 * @param timeout limit for the running time in all; empty for none
 * @param cpus for local admission
 * @param memoryBytes for local admission; 0 by default
 */
public record Limits(Optional<Duration> timeout, double cpus, long memoryBytes) {}
