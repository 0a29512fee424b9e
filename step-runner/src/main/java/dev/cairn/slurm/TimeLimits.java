package dev.cairn.slurm;

import java.time.Duration;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Slurm's time limits as text. Pure functions. */
public final class TimeLimits {
    private static final Pattern DAYS = Pattern.compile("(\\d{1,6})-(\\d{1,4})(?::(\\d{1,4})(?::(\\d{1,4}))?)?");
    private static final Pattern CLOCK = Pattern.compile("(?:(\\d{1,6}):)?(\\d{1,6}):(\\d{1,4})");
    private static final Pattern MINUTES = Pattern.compile("\\d{1,9}");

    private TimeLimits() {}

    /**
     * Parses a limit in the form of {@code sbatch --time} and {@code squeue}: {@code minutes}, {@code m:s}, {@code
     * h:m:s}, {@code d-h}, {@code d-h:m}, {@code d-h:m:s}.
     *
     * @return empty for {@code UNLIMITED}, and for texts without a limit ({@code NOT_SET}, {@code Partition_Limit},
     *     {@code INVALID})
     */
    public static Optional<Duration> parse(String text) {
        String limit = text.strip();
        Matcher days = DAYS.matcher(limit);
        if (days.matches()) {
            return Optional.of(Duration.ofDays(number(days, 1))
                    .plusHours(number(days, 2))
                    .plusMinutes(number(days, 3))
                    .plusSeconds(number(days, 4)));
        }
        Matcher clock = CLOCK.matcher(limit);
        if (clock.matches()) {
            return Optional.of(Duration.ofHours(number(clock, 1))
                    .plusMinutes(number(clock, 2))
                    .plusSeconds(number(clock, 3)));
        }
        return MINUTES.matcher(limit).matches()
                ? Optional.of(Duration.ofMinutes(Long.parseLong(limit)))
                : Optional.empty();
    }

    private static long number(Matcher matcher, int group) {
        String digits = matcher.group(group);
        return digits == null ? 0 : Long.parseLong(digits);
    }
}
