package dev.cairn.engine;

import java.time.Duration;
import java.util.Optional;

/**
 * When and how checkpoints are taken.
 *
 * @param meanTimeBetweenFailures for {@link Interval.Auto}
 * @param keep images that stay at least, >= 1
 * @param compression zstd level, 0 stores plain
 * @param minFreeBytes below this much free space a checkpoint is skipped, and that is said
 * @param beforeTimeout a last checkpoint this long before the timeout, then the step is stopped
 * @param keepBinaries mapped programs and libraries are kept with the images, for hosts that have other ones by then
 * @param journalBytes what the write journal of the step's file changes may keep; 0 for no journal
 * @param ioUring whether the step may use io_uring; an image of it is refused while it does
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
        /** Young/Daly's optimum from this step's measured checkpoint cost. */
        record Auto() implements Interval {}

        record Every(Duration duration) implements Interval {}

        /** Only on request. */
        record OnRequest() implements Interval {}
    }
}
