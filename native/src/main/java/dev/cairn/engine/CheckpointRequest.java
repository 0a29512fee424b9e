package dev.cairn.engine;

import java.util.Optional;

/**
 * @param stopWith the cause with which the step stops and the attempt ends, once the image is published; empty if the
 *     step continues
 * @param reason for the manifest, e.g. {@code request}, {@code preemption}
 * @param stopAnyway stops the step even if the image fails (a second Ctrl-C, the end of a grace period)
 */
public record CheckpointRequest(Optional<EndCause> stopWith, String reason, boolean stopAnyway) {}
