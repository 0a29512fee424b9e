package dev.cairn.engine;

import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * A running step at one instant.
 *
 * @param nextCheckpoint time until the next checkpoint by interval; empty if none is planned
 * @param rawTerminal whether the step has set its terminal to pass Ctrl-C as a key, as editors do
 * @param frozenByLease since when the lease could not be renewed, if the step is frozen for that; else empty
 * @param writtenBytes progress of the checkpoint under way; empty if there is none
 */
public record StepStatus(
        State state,
        Duration running,
        OptionalLong lastImage,
        Optional<Duration> nextCheckpoint,
        int processes,
        long residentBytes,
        boolean rawTerminal,
        Optional<Duration> frozenByLease,
        OptionalLong writtenBytes,
        OptionalLong totalBytes) {

    public enum State {
        RUNNING,
        CHECKPOINTING,
        STOPPING
    }
}
