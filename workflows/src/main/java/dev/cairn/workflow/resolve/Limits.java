package dev.cairn.workflow.resolve;

import java.time.Duration;
import java.util.Optional;

/**
 * What an instance of a step may take in one of its tries; immutable.
 *
 * @param timeout running time in all; empty for any
 * @param cpus for local admission
 * @param memoryBytes for local admission; 0 when nothing is said
 */
public record Limits(Optional<Duration> timeout, double cpus, long memoryBytes) {}
