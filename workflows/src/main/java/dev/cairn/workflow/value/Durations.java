package dev.cairn.workflow.value;

import java.time.Duration;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Durations in the form that people write: {@code 500ms}, {@code 30s}, {@code 10m}, {@code 1h30m}, {@code 2d}. */
public final class Durations {

    /** The pattern of a duration's text, for a schema: largest unit first, each at most once. */
    public static final String PATTERN = "^(?=.)(\\d{1,6}d)?(\\d{1,8}h)?(\\d{1,9}m)?(\\d{1,9}s)?(\\d{1,12}ms)?$";

    private static final Pattern SYNTAX = Pattern.compile(PATTERN);

    private Durations() {}

    /** Empty if the text is not a duration. A number without a unit is not one. */
    public static Optional<Duration> parse(String text) {
        Matcher matcher = SYNTAX.matcher(text);
        if (!matcher.matches()) {
            return Optional.empty();
        }
        return Optional.of(Duration.ofDays(amount(matcher.group(1), 1))
                .plusHours(amount(matcher.group(2), 1))
                .plusMinutes(amount(matcher.group(3), 1))
                .plusSeconds(amount(matcher.group(4), 1))
                .plusMillis(amount(matcher.group(5), 2)));
    }

    /** The text form that {@link #parse} reads, e.g. {@code 1h30m}. */
    public static String format(Duration duration) {
        if (duration.toMillis() == 0) {
            return "0s";
        }
        return part(duration.toDays(), "d")
                + part(duration.toHoursPart(), "h")
                + part(duration.toMinutesPart(), "m")
                + part(duration.toSecondsPart(), "s")
                + part(duration.toMillisPart(), "ms");
    }

    private static String part(long amount, String unit) {
        return amount == 0 ? "" : amount + unit;
    }

    private static long amount(@Nullable String group, int unitLength) {
        return group == null ? 0 : Long.parseLong(group.substring(0, group.length() - unitLength));
    }
}
