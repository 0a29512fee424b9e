package dev.cairn.workflow.plan;

import dev.cairn.workflow.spec.RetryCause;
import java.time.Duration;
import java.util.Set;

/**
 * The retries for a step's own failures; preemption and failed restores have budgets of their own. Immutable.
 *
 * @param max further tries after the first
 * @param when the ends that are retried
 * @param delay before the first further try
 * @param backoff factor from one delay to the next, at least 1
 * @param maxDelay the longest delay
 */
public record RetryPolicy(int max, Set<RetryCause> when, Duration delay, double backoff, Duration maxDelay) {

    public static final Duration DEFAULT_MAX_DELAY = Duration.ofHours(1);

    public static final RetryPolicy NEVER =
            new RetryPolicy(0, Set.of(RetryCause.FAILURE), Duration.ZERO, 1, DEFAULT_MAX_DELAY);

    public RetryPolicy {
        when = Set.copyOf(when);
    }

    /** @param retry number of the further try, from 1 */
    public Duration delayBefore(int retry) {
        double millis = delay.toMillis() * Math.pow(backoff, retry - 1);
        return millis >= maxDelay.toMillis() ? maxDelay : Duration.ofMillis(Math.round(millis));
    }
}
