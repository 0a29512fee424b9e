package dev.cairn.daemon;

import dev.cairn.run.failure.RequestException;
import dev.cairn.run.failure.RequestException.Kind;
import dev.cairn.schedule.ScheduleEntry;
import dev.cairn.schedule.ScheduledWorkflow;
import dev.cairn.schedule.Tick;
import dev.cairn.schedule.TickState;
import dev.cairn.schedule.TimeText;
import dev.cairn.schedule.store.Database;
import dev.cairn.schedule.store.StoreException;
import dev.cairn.schedule.store.Tables;
import dev.cairn.workflow.problem.Nearest;
import dev.cairn.workflow.problem.Problem;
import java.io.IOException;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneId;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/** Commands on schedules: pause, unpause, trigger, backfill. Each change signals the daemon. Thread-safe. */
public final class Schedules {
    private static final int MOST_TIMES = 100_000;

    private final Database database;
    private final Clock clock;

    public Schedules(Database database, Clock clock) {
        this.database = database;
        this.clock = clock;
    }

    public Database database() {
        return database;
    }

    /**
     * One schedule by its id, or all of a workflow.
     *
     * @throws RequestException if there is none
     */
    public List<ScheduleEntry> find(String name) throws StoreException, RequestException {
        List<ScheduleEntry> all = database.read(Tables::schedules);
        List<ScheduleEntry> found = all.stream()
                .filter(entry -> entry.id().equals(name) || entry.workflow().equals(name))
                .toList();
        if (found.isEmpty()) {
            Set<String> known = new TreeSet<>();
            all.forEach(entry -> known.addAll(List.of(entry.id(), entry.workflow())));
            throw new RequestException(
                    Kind.UNKNOWN,
                    "there is no schedule \"" + name + "\"" + Nearest.hint(name, known)
                            + "; 'cairn schedule list' lists them");
        }
        return found;
    }

    /** The same for a name that must mean a single schedule. */
    public ScheduleEntry one(String name) throws StoreException, RequestException {
        List<ScheduleEntry> found = find(name);
        if (found.size() > 1) {
            throw new RequestException(
                    Kind.INVALID,
                    name + " has " + found.size() + " schedules; name one of "
                            + String.join(
                                    ", ", found.stream().map(ScheduleEntry::id).toList()));
        }
        return found.get(0);
    }

    /**
     * Requests that a run starts now.
     *
     * @param time its nominal time; now if empty
     */
    public Tick trigger(String name, Optional<String> time, Map<String, String> inputs) throws IOException {
        ScheduleEntry entry = one(name);
        Instant now = clock.instant();
        Instant named = time.isEmpty()
                ? now.truncatedTo(ChronoUnit.MILLIS)
                : TimeText.parse("--time", time.get(), entry.times().zone());
        Tick tick = Tick.of(entry, named, Tick.Kind.MANUAL, now).with(inputs);
        check(entry, tick);
        boolean added = database.transact(tables -> {
            boolean isNew = tables.add(tick);
            tables.tellOfChange();
            return isNew;
        });
        if (!added) {
            throw new RequestException(
                    Kind.UNAVAILABLE, tick.key() + " was triggered already; see: cairn schedule show " + entry.id());
        }
        return tick;
    }

    private void check(ScheduleEntry entry, Tick tick) throws IOException {
        ScheduledWorkflow workflow =
                database.read(tables -> tables.workflow(entry.workflow()).orElseThrow());
        List<Problem> problems = TickInputs.of(workflow, tick).problems();
        if (!problems.isEmpty()) {
            throw RequestException.of(problems, workflow.file());
        }
    }

    /**
     * A range of times.
     *
     * @param from the first time
     * @param to the last time; a date includes that day
     * @param parallel how many runs may run at a time, at least 1
     */
    public record Range(String from, String to, int parallel) {}

    /**
     * The result of a backfill.
     *
     * @param ticks the ticks that run, or would run
     * @param leftAlone how many times have or had a run already
     */
    public record Backfill(List<Tick> ticks, int leftAlone) {}

    /** @param dryRun whether to return the ticks without adding them */
    public Backfill backfill(String name, Range range, Map<String, String> inputs, boolean dryRun) throws IOException {
        if (range.parallel() < 1) {
            throw new RequestException(Kind.INVALID, "--parallel " + range.parallel() + ": at least 1");
        }
        ScheduleEntry entry = one(name);
        List<Tick> ticks = ticks(entry, range, inputs, clock.instant());
        check(entry, ticks.get(0));
        List<Tick> added = database.transact(tables -> {
            List<Tick> taken = new ArrayList<>();
            for (Tick tick : ticks) {
                if (dryRun ? tables.canBackfill(tick) : tables.backfill(tick)) {
                    taken.add(tick);
                }
            }
            tables.tellOfChange();
            return taken;
        });
        return new Backfill(added, ticks.size() - added.size());
    }

    private static List<Tick> ticks(ScheduleEntry entry, Range range, Map<String, String> inputs, Instant now)
            throws RequestException {
        ZoneId zone = entry.times().zone();
        Instant first = TimeText.parse("--from", range.from(), zone);
        Instant last = range.to().contains("T")
                ? TimeText.parse("--to", range.to(), zone)
                : TimeText.parse("--to", range.to(), zone)
                        .atZone(zone)
                        .toLocalDate()
                        .plusDays(1)
                        .atStartOfDay(zone)
                        .toInstant()
                        .minusNanos(1);
        if (last.isAfter(now)) {
            throw new RequestException(
                    Kind.INVALID, "--to " + range.to() + ": is not past yet; the daemon starts those itself");
        }
        List<Instant> times = entry.times().between(first.minusNanos(1), last, MOST_TIMES + 1);
        String where = " from " + range.from() + " to " + range.to();
        if (times.isEmpty()) {
            throw new RequestException(Kind.INVALID, entry.id() + " has no time" + where);
        }
        if (times.size() > MOST_TIMES) {
            throw new RequestException(Kind.INVALID, entry.id() + " has more than " + MOST_TIMES + " times" + where);
        }
        String batch = range.parallel() + "/" + now;
        return times.stream()
                .map(time -> Tick.of(entry, time, Tick.Kind.BACKFILL, now)
                        .with(inputs)
                        .inBatch(batch))
                .toList();
    }

    /**
     * The result of a pause.
     *
     * @param held how many queued ticks wait until it is unpaused
     */
    public record Paused(List<ScheduleEntry> schedules, int held) {}

    /** @param drain whether queued ticks still run */
    public Paused pause(String name, boolean drain) throws IOException {
        List<ScheduleEntry> found = find(name);
        Instant now = clock.instant();
        int held = database.transact(tables -> {
            tables.decideAlone();
            List<Tick> holding = new ArrayList<>();
            for (ScheduleEntry entry : found) {
                tables.put(tables.schedule(entry.id()).orElse(entry).paused(true, now));
                for (Tick tick : drain ? List.<Tick>of() : tables.unendedOf(entry.workflow())) {
                    if (tick.schedule().equals(entry.id()) && tick.state().waits()) {
                        holding.add(tick.in(TickState.HELD, "its schedule is paused"));
                    }
                }
            }
            tables.update(holding);
            tables.tellOfChange();
            return holding.size();
        });
        return new Paused(found, held);
    }

    /** Unpauses it from now on; times that have passed meanwhile are skipped. */
    public List<ScheduleEntry> unpause(String name) throws IOException {
        List<ScheduleEntry> found = find(name);
        Instant now = clock.instant();
        database.transact(tables -> {
            tables.decideAlone();
            List<Tick> freed = new ArrayList<>();
            for (ScheduleEntry entry : found) {
                tables.put(tables.schedule(entry.id()).orElse(entry).paused(false, now));
                for (Tick tick : tables.unendedOf(entry.workflow())) {
                    if (tick.schedule().equals(entry.id()) && tick.state() == TickState.HELD) {
                        freed.add(tick.in(TickState.WAITING, ""));
                    }
                }
            }
            tables.update(freed);
            tables.tellOfChange();
            return freed.size();
        });
        return found;
    }

    /**
     * Cancels a tick that has no run yet. One transaction decides whether it has.
     *
     * @return false if there is no such tick in the queue
     */
    public boolean cancel(String key) throws IOException {
        Instant now = clock.instant();
        return database.transact(tables -> {
            tables.decideAlone();
            Optional<Tick> waiting =
                    tables.tick(key).filter(tick -> tick.state().waits() || tick.state() == TickState.HELD);
            if (waiting.isPresent()) {
                tables.update(List.of(waiting.get().ended(TickState.CANCELLED, "by hand, in the queue", now)));
                tables.tellOfChange();
            }
            return waiting.isPresent();
        });
    }
}
