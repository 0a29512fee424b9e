package dev.cairn.workflow.plan;

import dev.cairn.workflow.spec.RetryCause;
import java.time.Duration;
import java.util.Set;

/**
 * The budget for a step's own failures; preemption and restores that fail have others. Immutable.
 *
 * @param max further tries after the first
 * @param when which ends count
 * @param delay before the first further try
 * @param backoff by how much each delay is longer than the one before, at least 1
 * @param maxDelay no delay is longer
 */
public record RetryPolicy(int max, Set<RetryCause> when, Duration delay, double backoff, Duration maxDelay) {

    public static final Duration DEFAULT_MAX_DELAY = Duration.ofHours(1);

    public static final RetryPolicy NEVER =
            new RetryPolicy(0, Set.of(RetryCause.FAILURE), Duration.ZERO, 1, DEFAULT_MAX_DELAY);

    public RetryPolicy {
        when = Set.copyOf(when);
    }

    /** @param retry 1 for the first further try */
    public Duration delayBefore(int retry) {
        double millis = delay.toMillis() * Math.pow(backoff, retry - 1);
        return millis >= maxDelay.toMillis() ? maxDelay : Duration.ofMillis(Math.round(millis));
    }
}
