package dev.cairn.run.internal.resume;

import dev.cairn.engine.EndCause;
import dev.cairn.engine.StepExit;
import dev.cairn.run.manifest.AttemptRecord;
import dev.cairn.run.manifest.ImageRecord;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * Estimates the running time that an attempt repeats: the time of earlier attempts that its image does not contain. The
 * time of death of a lost attempt is unknown. So the time after its last image counts until its death was noticed, but
 * at most until its next image was due. Pure.
 */
public final class ReworkEstimate {
    private ReworkEstimate() {}

    /**
     * @param from the image that the attempt resumes from; empty for a start without a roll-back
     * @param before all earlier attempts, oldest first
     * @param interval the interval between images; empty if it is not fixed
     */
    public static Duration of(Optional<ImageRecord> from, List<AttemptRecord> before, Optional<Duration> interval) {
        long goal = from.map(ImageRecord::sequence).orElse(-1L);
        Duration repeated = Duration.ZERO;
        for (int i = before.size() - 1; i >= 0; i--) {
            AttemptRecord attempt = before.get(i);
            if (from.isPresent() && from.get().attempt() == attempt.number()) {
                return repeated.plus(after(from.get(), attempt, interval));
            }
            repeated = repeated.plus(running(attempt, interval));
            if (attempt.resumedFrom().orElse(-1) <= goal) {
                return repeated;
            }
        }
        return repeated;
    }

    private static Duration after(ImageRecord image, AttemptRecord attempt, Optional<Duration> interval) {
        boolean stoppedWithIt = attempt.end()
                .filter(end -> end.image().orElse(-1) == image.sequence())
                .isPresent();
        Duration saved = Duration.between(attempt.startedAt(), image.at());
        return stoppedWithIt
                ? Duration.ZERO
                : notNegative(running(attempt, interval).minus(saved));
    }

    private static Duration running(AttemptRecord attempt, Optional<Duration> interval) {
        return attempt.end()
                .map(end -> end.running().plus(unseen(attempt, end, interval)))
                .orElse(Duration.ZERO);
    }

    private static Duration unseen(AttemptRecord attempt, StepExit end, Optional<Duration> interval) {
        if (end.cause() != EndCause.LOST) {
            return Duration.ZERO;
        }
        Instant seen = attempt.startedAt().plus(end.running());
        Duration untilFound = notNegative(Duration.between(seen, end.at()));
        return interval.filter(due -> due.compareTo(untilFound) < 0).orElse(untilFound);
    }

    private static Duration notNegative(Duration time) {
        return time.isNegative() ? Duration.ZERO : time;
    }
}
