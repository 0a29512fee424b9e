package dev.cairn.engine;

import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * A running step at one instant.
 *
 * @param nextCheckpoint until the next one by interval; empty when none is planned
 * @param rawTerminal the step has set its terminal to pass Ctrl-C as a key, as editors do
 * @param frozenByLease since when its lease could not be renewed, for which it is frozen; empty when it is not
 * @param writtenBytes progress of the checkpoint under way, and its expected total; empty when none is
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
