package dev.cairn.workflow.spec;

import java.time.Duration;
import java.util.Optional;
import java.util.Set;

/** {@code retry}; immutable. */
public record Retry(
        Optional<Integer> max,
        Optional<Set<RetryCause>> when,
        Optional<Duration> delay,
        Optional<Double> backoff,
        Optional<Duration> maxDelay) {

    public static final Retry NONE =
            new Retry(Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty());

    /** Whether the file sets none of its keys. */
    public boolean isEmpty() {
        return max.isEmpty() && when.isEmpty() && delay.isEmpty() && backoff.isEmpty() && maxDelay.isEmpty();
    }

    Retry over(Retry defaults) {
        return new Retry(
                max.or(defaults::max),
                when.or(defaults::when),
                delay.or(defaults::delay),
                backoff.or(defaults::backoff),
                maxDelay.or(defaults::maxDelay));
    }
}
