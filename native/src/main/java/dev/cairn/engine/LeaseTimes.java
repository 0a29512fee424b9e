package dev.cairn.engine;

import java.time.Duration;

/**
 * The times by which a supervisor prevents other hosts from running its step too.
 *
 * @param renew how often its lease is renewed
 * @param freeze the step stands still when that has failed for so long; more than {@code renew}
 * @param take a supervisor on another host takes a lease that it has seen stand still for so long; more than {@code freeze}
 */
public record LeaseTimes(Duration renew, Duration freeze, Duration take) {
    public static final LeaseTimes STANDARD =
            new LeaseTimes(Duration.ofSeconds(5), Duration.ofSeconds(15), Duration.ofSeconds(30));
}
