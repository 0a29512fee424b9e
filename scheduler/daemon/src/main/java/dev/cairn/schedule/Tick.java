package dev.cairn.schedule;

import java.time.Instant;
import java.util.Map;
import java.util.Optional;

/**
 * One time of a schedule, or one start by hand; immutable.
 *
 * @param key the key of its run
 * @param time the scheduled time
 * @param due when it may start
 * @param inputs the inputs given by hand
 * @param detail the reason for its state, for a person
 * @param daemon the daemon that runs it; empty if none does
 * @param runId empty before there is a run
 * @param batch its backfill batch, which begins with the number of ticks that may run at a time; empty outside a
 *     backfill
 */
public record Tick(
        String key,
        String schedule,
        String workflow,
        Instant time,
        Kind kind,
        TickState state,
        Instant due,
        Instant decided,
        Optional<Instant> started,
        Optional<Instant> ended,
        Map<String, String> inputs,
        String detail,
        String daemon,
        String runId,
        String batch) {

    public Tick {
        inputs = Map.copyOf(inputs);
    }

    /** The origin of a tick. The database has the names in lower case. */
    public enum Kind {
        /** Its time came. */
        ON_TIME,
        /** It makes up for a time that passed while no daemon ran. */
        CATCH_UP,
        MANUAL,
        BACKFILL
    }

    /** A tick without a decision. */
    public static Tick of(ScheduleEntry schedule, Instant time, Kind kind, Instant now) {
        String key = schedule.id() + "@" + time + (kind == Kind.MANUAL ? "+manual" : "");
        return new Tick(
                key,
                schedule.id(),
                schedule.workflow(),
                time,
                kind,
                TickState.WAITING,
                now,
                now,
                Optional.empty(),
                Optional.empty(),
                Map.of(),
                "",
                "",
                "",
                "");
    }

    /** How many ticks of its batch may run at a time. */
    public int parallel() {
        return batch.isEmpty() ? Integer.MAX_VALUE : Integer.parseInt(batch.substring(0, batch.indexOf('/')));
    }

    public Tick in(TickState next, String why) {
        return new Tick(
                key, schedule, workflow, time, kind, next, due, decided, started, ended, inputs, why, daemon, runId,
                batch);
    }

    /** Assigns its run to this daemon, which must start or resume it. */
    public Tick runBy(String who, Instant now) {
        return new Tick(
                key,
                schedule,
                workflow,
                time,
                kind,
                TickState.RUNNING,
                now,
                decided,
                Optional.of(started.orElse(now)),
                Optional.empty(),
                inputs,
                "",
                who,
                runId,
                batch);
    }

    /** @param at the end of its run */
    public Tick ended(TickState how, String why, Instant at) {
        return new Tick(
                key,
                schedule,
                workflow,
                time,
                kind,
                how,
                due,
                decided,
                started,
                Optional.of(at),
                inputs,
                why,
                daemon,
                runId,
                batch);
    }

    public Tick dueAt(Instant then, String why) {
        return new Tick(
                key, schedule, workflow, time, kind, state, then, decided, started, ended, inputs, why, daemon, runId,
                batch);
    }

    public Tick with(Map<String, String> given) {
        return new Tick(
                key, schedule, workflow, time, kind, state, due, decided, started, ended, given, detail, daemon, runId,
                batch);
    }

    public Tick inBatch(String name) {
        return new Tick(
                key, schedule, workflow, time, kind, state, due, decided, started, ended, inputs, detail, daemon, runId,
                name);
    }

    public Tick ofRun(String id) {
        return new Tick(
                key, schedule, workflow, time, kind, state, due, decided, started, ended, inputs, detail, daemon, id,
                batch);
    }
}
