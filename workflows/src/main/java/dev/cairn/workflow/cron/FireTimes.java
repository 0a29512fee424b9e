package dev.cairn.workflow.cron;

import dev.cairn.workflow.spec.Schedule;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.zone.ZoneOffsetTransition;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The instants at which a schedule fires; immutable.
 *
 * <p>When the clocks change, cron lines behave as in Vixie cron. A line with fixed hours names
 * times of day. A time that the zone skips fires at the jump, and a repeated time fires only once.
 * A line with {@code *} or {@code *}{@code /n} as the hour follows real time: it also fires in a
 * repeated hour, and makes up for no skipped one. An interval counts from the start, or from
 * 1970-01-01T00:00Z without a start, so that the times do not depend on the time of the call.
 */
public final class FireTimes {

    private final Schedule.Timing timing;
    private final Optional<Cron> cron;
    private final ZoneId zone;
    private final Optional<Instant> start;
    private final Optional<Instant> end;

    private FireTimes(
            Schedule.Timing timing,
            Optional<Cron> cron,
            ZoneId zone,
            Optional<LocalDateTime> start,
            Optional<LocalDateTime> end) {
        this.timing = timing;
        this.cron = cron;
        this.zone = zone;
        this.start = start.map(time -> firstInstant(time, zone));
        this.end = end.map(time -> firstInstant(time, zone));
    }

    /**
     * @param start the earliest possible time, in {@code zone}
     * @param end the latest possible time, in {@code zone}
     */
    public static FireTimes of(
            Schedule.Timing timing, ZoneId zone, Optional<LocalDateTime> start, Optional<LocalDateTime> end)
            throws CronException {
        Optional<Cron> cron = timing instanceof Schedule.Timing.Cron given
                ? Optional.of(Cron.parse(given.expression()))
                : Optional.empty();
        return new FireTimes(timing, cron, zone, start, end);
    }

    /**
     * The times of a schedule that was read without problems.
     *
     * @param otherwise the zone for a schedule that names none
     */
    public static FireTimes of(Schedule schedule, ZoneId otherwise) {
        try {
            return of(schedule.timing(), schedule.zone().orElse(otherwise), schedule.start(), schedule.end());
        } catch (CronException e) {
            throw new IllegalArgumentException("a schedule with problems: " + e.getMessage(), e);
        }
    }

    public ZoneId zone() {
        return zone;
    }

    /** Zone, start, end and timing as a text, which {@link #parse} reads. */
    public String toText() {
        String what = timing instanceof Schedule.Timing.Every every ? "every " + every.length() : "cron " + timing;
        return zone + "|" + text(start) + "|" + text(end) + "|" + what;
    }

    private String text(Optional<Instant> bound) {
        return bound.map(instant -> LocalDateTime.ofInstant(instant, zone).toString())
                .orElse("");
    }

    /** @throws IllegalArgumentException if {@link #toText} did not write the text */
    public static FireTimes parse(String text) {
        String[] parts = text.split("\\|", 4);
        try {
            boolean every = parts[3].startsWith("every ");
            String what = parts[3].substring(parts[3].indexOf(' ') + 1);
            return of(
                    every ? new Schedule.Timing.Every(Duration.parse(what)) : new Schedule.Timing.Cron(what),
                    ZoneId.of(parts[0]),
                    bound(parts[1]),
                    bound(parts[2]));
        } catch (CronException | DateTimeException | IndexOutOfBoundsException e) {
            throw new IllegalArgumentException("not the times of a schedule: " + text, e);
        }
    }

    private static Optional<LocalDateTime> bound(String text) {
        return text.isEmpty() ? Optional.empty() : Optional.of(LocalDateTime.parse(text));
    }

    /** The first time after this one; empty if there is none. */
    public Optional<Instant> next(Instant after) {
        Instant from = start.map(first -> first.minusNanos(1))
                .filter(beforeStart -> beforeStart.isAfter(after))
                .orElse(after);
        Optional<Instant> next = timing instanceof Schedule.Timing.Every every
                ? Optional.of(nextInterval(every.length(), from))
                : cron.flatMap(expression -> nextOf(expression, from));
        return next.filter(time -> end.isEmpty() || !time.isAfter(end.get()));
    }

    /** The times after the first and up to the second, at most this many. */
    public List<Instant> between(Instant after, Instant upTo, int atMost) {
        List<Instant> times = new ArrayList<>();
        Optional<Instant> next = next(after);
        while (next.isPresent() && !next.get().isAfter(upTo) && times.size() < atMost) {
            times.add(next.get());
            next = next(next.get());
        }
        return times;
    }

    private Instant nextInterval(Duration length, Instant after) {
        Instant anchor = start.orElse(Instant.EPOCH);
        if (after.isBefore(anchor)) {
            return anchor;
        }
        long past = Duration.between(anchor, after).dividedBy(length);
        return anchor.plus(length.multipliedBy(past + 1));
    }

    private Optional<Instant> nextOf(Cron expression, Instant after) {
        return expression.anyHour() ? nextInRealTime(expression, after) : nextOnTheClock(expression, after);
    }

    /**
     * A period between two changes of the zone's offset. Within it, the local time and the instant advance together.
     */
    private Optional<Instant> nextInRealTime(Cron expression, Instant after) {
        Instant from = after.plusNanos(1);
        while (true) {
            ZoneOffset offset = zone.getRules().getOffset(from);
            Optional<Instant> next =
                    expression.nextFrom(LocalDateTime.ofInstant(from, offset)).map(local -> local.toInstant(offset));
            ZoneOffsetTransition change = zone.getRules().nextTransition(from);
            if (next.isEmpty() || change == null || next.get().isBefore(change.getInstant())) {
                return next;
            }
            from = change.getInstant();
        }
    }

    private Optional<Instant> nextOnTheClock(Cron expression, Instant after) {
        Optional<LocalDateTime> local = expression.nextFrom(firstLocalTimeAfter(after));
        while (local.isPresent()) {
            Instant instant = firstInstant(local.get(), zone);
            if (instant.isAfter(after)) {
                return Optional.of(instant);
            }
            local = expression.nextFrom(local.get().plusSeconds(1));
        }
        return Optional.empty();
    }

    /** While local times repeat, the first time that can fire is the end of the repetition. */
    private LocalDateTime firstLocalTimeAfter(Instant after) {
        ZonedDateTime now = after.atZone(zone);
        ZoneOffsetTransition transition = zone.getRules().getTransition(now.toLocalDateTime());
        boolean secondTime =
                transition != null && transition.isOverlap() && now.getOffset().equals(transition.getOffsetAfter());
        return secondTime
                ? transition.getDateTimeBefore()
                : now.toLocalDateTime().plusNanos(1);
    }

    private static Instant firstInstant(LocalDateTime local, ZoneId zone) {
        ZoneOffsetTransition transition = zone.getRules().getTransition(local);
        if (transition == null) {
            return local.atZone(zone).toInstant();
        }
        return transition.isGap() ? transition.getInstant() : local.toInstant(transition.getOffsetBefore());
    }
}
