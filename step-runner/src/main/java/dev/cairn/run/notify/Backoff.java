package dev.cairn.run.notify;

import java.time.Duration;
import java.util.random.RandomGenerator;

/**
 * The wait before the next try: doubles each time up to a minute, minus a random part of up to a half, so that many senders do not retry
 * at the same instant. Confined to one thread.
 */
final class Backoff {
    private static final Duration FIRST = Duration.ofMillis(500);
    private static final Duration LONGEST = Duration.ofMinutes(1);

    private final RandomGenerator random;
    private Duration next = FIRST;

    Backoff(RandomGenerator random) {
        this.random = random;
    }

    Duration next() {
        long millis = next.toMillis();
        next = next.multipliedBy(2).compareTo(LONGEST) < 0 ? next.multipliedBy(2) : LONGEST;
        return Duration.ofMillis(millis - random.nextLong(millis / 2 + 1));
    }

    void reset() {
        next = FIRST;
    }
}
