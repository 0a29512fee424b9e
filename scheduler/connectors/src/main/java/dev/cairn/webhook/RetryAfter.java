package dev.cairn.webhook;

import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Optional;

/** The header {@code Retry-After}: seconds, or a date (RFC 9110, 10.2.3). */
final class RetryAfter {
    /** A longer wait is shortened to this. */
    private static final Duration LONGEST = Duration.ofHours(1);

    private RetryAfter() {}

    /** @return empty if the header cannot be read */
    static Optional<Duration> parse(String text, Instant now) {
        String value = text.strip();
        try {
            Duration asked = value.matches("\\d{1,9}")
                    ? Duration.ofSeconds(Long.parseLong(value))
                    : Duration.between(
                            now,
                            ZonedDateTime.parse(value, DateTimeFormatter.RFC_1123_DATE_TIME)
                                    .toInstant());
            return asked.isNegative() ? Optional.empty() : Optional.of(asked.compareTo(LONGEST) < 0 ? asked : LONGEST);
        } catch (DateTimeException e) {
            return Optional.empty();
        }
    }
}
