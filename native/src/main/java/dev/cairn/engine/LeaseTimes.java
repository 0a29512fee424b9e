package dev.cairn.engine;

import java.time.Duration;

/**
 * The times with which a lease keeps two hosts from running the same step.
 *
 * @param renew how often its lease is renewed
 * @param freeze after this time without a successful renewal, the supervisor freezes its step; more than {@code renew}
 * @param take after this time without a renewal, a supervisor on another host takes the lease; more than {@code freeze}
 */
public record LeaseTimes(Duration renew, Duration freeze, Duration take) {
    public static final LeaseTimes STANDARD =
            new LeaseTimes(Duration.ofSeconds(5), Duration.ofSeconds(15), Duration.ofSeconds(30));
}
