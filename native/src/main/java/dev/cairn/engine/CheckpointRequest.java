package dev.cairn.engine;

import java.util.Optional;

/**
 * @param stopWith if present, the step stops once the image is published, and the attempt ends with this cause
 * @param reason for the manifest, e.g. {@code request}, {@code preemption}
 * @param stopAnyway stop even when the image fails (a second Ctrl-C, the end of a grace period)
 */
public record CheckpointRequest(Optional<EndCause> stopWith, String reason, boolean stopAnyway) {}
