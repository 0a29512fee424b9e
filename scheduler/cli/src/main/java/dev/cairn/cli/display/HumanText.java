package dev.cairn.cli.display;

import dev.cairn.files.WriteFailure;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.Locale;

/** Durations and times in a form for people. */
public final class HumanText {
    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss", Locale.ROOT).withZone(ZoneId.systemDefault());

    private HumanText() {}

    /** {@code 4m05s}, {@code 2h03m}; below a second {@code 40 ms}. Rounded. */
    public static String span(Duration span) {
        if (span.toMillis() < 1000) {
            return span.toMillis() + " ms";
        }
        long seconds = span.plusMillis(500).toSeconds();
        if (seconds < 60) {
            return seconds + "s";
        }
        return seconds < 3600
                ? String.format(Locale.ROOT, "%dm%02ds", seconds / 60, seconds % 60)
                : String.format(Locale.ROOT, "%dh%02dm", seconds / 3600, seconds / 60 % 60);
    }

    /** A duration such as {@code 0.8 ms}, for pauses, which are short. */
    public static String pause(Duration pause) {
        return String.format(Locale.ROOT, "%.1f ms", pause.toNanos() / 1e6);
    }

    /** A time in the local zone. */
    public static String time(Instant at) {
        return TIME.format(at);
    }

    /** A message such as {@code cannot write: No space left on device since 2026-11-22 12:03:07}. */
    public static String failure(WriteFailure failure) {
        return "cannot write: " + failure.reason() + " since " + time(failure.since());
    }
}
