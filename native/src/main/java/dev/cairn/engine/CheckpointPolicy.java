package dev.cairn.engine;

import java.time.Duration;
import java.util.Optional;

/**
 * When and how checkpoints are taken.
 *
 * @param meanTimeBetweenFailures for {@link Interval.Auto}
 * @param keep images that stay at least, >= 1
 * @param compression zstd level, 0 stores plain
 * @param minFreeBytes with less free space, a checkpoint is skipped and reported
 * @param beforeTimeout how long before the timeout the step gets a last checkpoint and is stopped
 * @param keepBinaries keeps mapped programs and libraries with the images, for hosts that have other versions by then
 * @param journalBytes bytes that the journal of file changes may keep; 0 for no journal
 * @param ioUring whether the step may use io_uring; while it does, no image can be taken
 */
public record CheckpointPolicy(
        Interval every,
        Duration meanTimeBetweenFailures,
        int keep,
        int compression,
        long minFreeBytes,
        Optional<Duration> beforeTimeout,
        boolean keepBinaries,
        long journalBytes,
        boolean ioUring) {

    /** How often. */
    public sealed interface Interval {
        /** The optimum of Young and Daly, from this step's measured checkpoint cost. */
        record Auto() implements Interval {}

        record Every(Duration duration) implements Interval {}

        /** Only on request. */
        record OnRequest() implements Interval {}
    }
}
