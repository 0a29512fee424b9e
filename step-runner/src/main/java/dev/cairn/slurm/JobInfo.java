package dev.cairn.slurm;

import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeParseException;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A job as {@code scontrol show job -o} shows it.
 *
 * @param id as {@link BatchJob#id} has it
 * @param restarts how often it was requeued
 * @param mayRequeue whether the job and the site allow a requeue
 * @param endTime the time of its limit, or of its end; empty without a limit
 * @param preempted whether a preemption has been announced, so that the job has a grace time
 */
public record JobInfo(
        String id,
        JobState state,
        String reason,
        int restarts,
        boolean mayRequeue,
        Optional<Instant> endTime,
        Optional<Duration> timeLimit,
        boolean preempted,
        String partition) {
    /**
     * Without a limit Slurm assumes a year. It shows that as the limit of a job that its backfill scheduler started.
     */
    private static final Duration STANDS_FOR_NONE = Duration.ofDays(365);

    /**
     * @param text one line per job; several for an array or a heterogeneous job
     * @param id the id of the job to find
     * @param zone the time zone of Slurm's command
     * @return empty if the text has no such job
     */
    public static Optional<JobInfo> parse(String text, String id, ZoneOffset zone) {
        return text.lines().filter(line -> isOf(line, id)).findFirst().map(line -> of(line, id, zone));
    }

    private static boolean isOf(String line, String id) {
        String task = value(line, "ArrayJobId") + "_" + value(line, "ArrayTaskId");
        return value(line, "JobId").equals(id) || task.equals(id);
    }

    private static JobInfo of(String line, String id, ZoneOffset zone) {
        JobState state = JobState.of(value(line, "JobState"));
        Optional<Duration> limit =
                TimeLimits.parse(value(line, "TimeLimit")).filter(length -> length.compareTo(STANDS_FOR_NONE) < 0);
        boolean endless = state.course() != JobState.Course.OVER
                && limit.isEmpty()
                && !value(line, "TimeLimit").isEmpty();
        return new JobInfo(
                id,
                state,
                value(line, "Reason"),
                number(value(line, "Restarts")),
                !value(line, "Requeue").equals("0"),
                time(value(line, "EndTime"), zone).filter(end -> !endless),
                limit,
                time(value(line, "PreemptTime"), zone).isPresent(),
                value(line, "Partition"));
    }

    /** The value up to the next blank. No value that is needed here contains one. */
    private static String value(String line, String key) {
        Matcher matcher =
                Pattern.compile("(?:^|\\s)" + Pattern.quote(key) + "=(\\S*)").matcher(line);
        return matcher.find() ? matcher.group(1) : "";
    }

    private static int number(String text) {
        return text.matches("\\d{1,9}") ? Integer.parseInt(text) : 0;
    }

    /** {@code Unknown}, {@code None} and {@code N/A} are not times. */
    private static Optional<Instant> time(String text, ZoneOffset zone) {
        try {
            return Optional.of(LocalDateTime.parse(text).toInstant(zone));
        } catch (DateTimeParseException none) {
            return Optional.empty();
        }
    }
}
