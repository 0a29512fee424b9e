package dev.cairn.schedule;

import dev.cairn.workflow.cron.FireTimes;
import dev.cairn.workflow.spec.Schedule;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/**
 * One schedule of a workflow, as the daemon keeps it; immutable.
 *
 * @param id the workflow's id, a dot and the place
 * @param place its number in the workflow file, from 1
 * @param timing the timing in the file
 * @param decided all times up to this one have been decided
 */
public record ScheduleEntry(
        String id,
        String workflow,
        int place,
        String timing,
        FireTimes times,
        Schedule.Missed missed,
        Duration jitter,
        boolean paused,
        Instant decided) {

    /** The first undecided time; empty if none is left. */
    public Optional<Instant> next() {
        return times.next(decided);
    }

    /** The same schedule, decided up to a time. */
    public ScheduleEntry decidedUpTo(Instant time) {
        return new ScheduleEntry(id, workflow, place, timing, times, missed, jitter, paused, time);
    }

    /** Times that pass while it is paused are never made up for. */
    public ScheduleEntry paused(boolean now, Instant time) {
        return new ScheduleEntry(id, workflow, place, timing, times, missed, jitter, now, decided)
                .decidedUpTo(now || !paused ? decided : time);
    }

    /** The delay that jitter adds to one of its times: random, but the same at every call. */
    public Duration jitterOf(Instant time) {
        if (jitter.isZero()) {
            return Duration.ZERO;
        }
        long mixed = (id.hashCode() * 0x9E3779B97F4A7C15L ^ time.toEpochMilli()) * 0xBF58476D1CE4E5B9L;
        mixed ^= mixed >>> 31;
        return Duration.ofMillis(Math.floorMod(mixed * 0x94D049BB133111EBL >>> 1, jitter.toMillis() + 1));
    }
}
