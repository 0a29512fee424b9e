package dev.cairn.schedule;

import dev.cairn.run.failure.RequestException;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneId;

/** Times in the form that people write. */
public final class TimeText {
    private TimeText() {}

    /**
     * A date, a local time, or a time with its offset.
     *
     * @param option the option that holds it
     * @param zone the zone of a time without an offset
     */
    public static Instant parse(String option, String text, ZoneId zone) throws RequestException {
        try {
            if (!text.contains("T")) {
                return LocalDate.parse(text).atStartOfDay(zone).toInstant();
            }
            return text.matches(".*(Z|[+-]\\d\\d:?\\d\\d)")
                    ? OffsetDateTime.parse(text).toInstant()
                    : LocalDateTime.parse(text).atZone(zone).toInstant();
        } catch (DateTimeException e) {
            throw new RequestException(
                    RequestException.Kind.INVALID,
                    option + " " + text + ": not a time such as 2026-03-29, 2026-03-29T02:00 or 2026-03-29T02:00:00Z");
        }
    }
}
