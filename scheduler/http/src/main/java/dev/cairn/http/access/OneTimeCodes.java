package dev.cairn.http.access;

import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;

/** Codes of which each logs in once, soon: unlike a token one may stand in an address. Thread-safe. */
public final class OneTimeCodes {
    public static final Duration VALID = Duration.ofMinutes(10);
    private static final int BYTES = 32;

    private final Clock clock;
    private final Map<String, Instant> ends = new HashMap<>();

    public OneTimeCodes(Clock clock) {
        this.clock = clock;
    }

    public synchronized String issue() {
        byte[] random = new byte[BYTES];
        new SecureRandom().nextBytes(random);
        String code = Base64.getUrlEncoder().withoutPadding().encodeToString(random);
        ends.put(code, clock.instant().plus(VALID));
        return code;
    }

    /** Whether it is one that is still valid; it is not any more. */
    public synchronized boolean take(String code) {
        Instant end = ends.remove(code);
        return end != null && clock.instant().isBefore(end);
    }
}
