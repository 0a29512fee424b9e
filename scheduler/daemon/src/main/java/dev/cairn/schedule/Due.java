package dev.cairn.schedule;

import dev.cairn.workflow.spec.Schedule;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;

/**
 * The due ticks of a schedule. Its rule for missed ticks covers times that passed while no daemon ran or while the
 * machine slept. Immutable.
 *
 * @param ticks the ticks to run or, if {@code MISSED}, only to record; in order
 * @param upTo they decide all times up to this one
 */
public record Due(List<Tick> ticks, Instant upTo) {
    /** If a time is decided later than this, it counts as missed even though a daemon ran. */
    public static final Duration LATE = Duration.ofMinutes(1);

    /** How many ticks are decided at once; the next check decides the rest. */
    static final int AT_ONCE = 1000;

    public Due {
        ticks = List.copyOf(ticks);
    }

    /** @param since since when a daemon has been running, without a gap */
    public static Due of(ScheduleEntry schedule, Instant since, Instant now) {
        Instant missedBefore = now.minus(LATE).isAfter(since) ? now.minus(LATE) : since;
        return schedule.missed() == Schedule.Missed.ALL
                ? all(schedule, missedBefore, now)
                : lastOrNone(schedule, missedBefore, now);
    }

    private static Due all(ScheduleEntry schedule, Instant missedBefore, Instant now) {
        List<Instant> times = schedule.times().between(schedule.decided(), now, AT_ONCE);
        List<Tick> ticks = times.stream()
                .map(time -> time.isBefore(missedBefore)
                        ? Tick.of(schedule, time, Tick.Kind.CATCH_UP, now)
                        : onTime(schedule, time, now))
                .toList();
        return new Due(ticks, times.size() < AT_ONCE ? now : times.get(times.size() - 1));
    }

    private static Due lastOrNone(ScheduleEntry schedule, Instant missedBefore, Instant now) {
        Deque<Instant> missed = new ArrayDeque<>();
        List<Tick> ticks = new ArrayList<>();
        Optional<Instant> time = schedule.times().next(schedule.decided());
        for (;
                time.isPresent() && time.get().isBefore(missedBefore);
                time = schedule.times().next(time.get())) {
            missed.add(time.get());
            if (missed.size() > AT_ONCE) {
                missed.remove();
            }
        }
        boolean last = schedule.missed() == Schedule.Missed.LAST;
        while (!missed.isEmpty()) {
            Tick tick = Tick.of(schedule, missed.remove(), Tick.Kind.CATCH_UP, now);
            boolean runs = last && missed.isEmpty();
            ticks.add(runs ? tick : tick.ended(TickState.MISSED, "no daemon ran", now));
        }
        for (;
                time.isPresent() && !time.get().isAfter(now);
                time = schedule.times().next(time.get())) {
            ticks.add(onTime(schedule, time.get(), now));
        }
        return new Due(ticks, now);
    }

    private static Tick onTime(ScheduleEntry schedule, Instant time, Instant now) {
        return Tick.of(schedule, time, Tick.Kind.ON_TIME, now).dueAt(time.plus(schedule.jitterOf(time)), "");
    }
}
