package dev.cairn.engine;

import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * A running step at one instant.
 *
 * @param nextCheckpoint until the next one by interval; empty when none is planned
 * @param writtenBytes progress of the checkpoint under way, and its expected total; empty when none is
 */
public record StepStatus(
        State state,
        Duration running,
        OptionalLong lastImage,
        Optional<Duration> nextCheckpoint,
        int processes,
        long residentBytes,
        OptionalLong writtenBytes,
        OptionalLong totalBytes) {

    public enum State {
        RUNNING,
        CHECKPOINTING,
        STOPPING
    }
}
