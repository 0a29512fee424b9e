package dev.cairn.daemon;

import dev.cairn.schedule.Due;
import dev.cairn.schedule.Overlap;
import dev.cairn.schedule.ScheduleEntry;
import dev.cairn.schedule.ScheduledWorkflow;
import dev.cairn.schedule.Tick;
import dev.cairn.schedule.TickState;
import dev.cairn.schedule.store.Database;
import dev.cairn.schedule.store.StoreException;
import dev.cairn.schedule.store.Tables;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * Decides about ticks, each time in one transaction. A decision is in the database before anything acts on it. Confined
 * to the daemon's thread.
 */
final class TickPolicy {
    private static final Duration TROUBLE_DELAY = Duration.ofSeconds(5);

    private final Database database;
    private final String daemon;
    private final Clock clock;
    private Instant since;

    /** @param since when a daemon has been running, without a gap */
    TickPolicy(Database database, String daemon, Instant since, Clock clock) {
        this.database = database;
        this.daemon = daemon;
        this.since = since;
        this.clock = clock;
    }

    /**
     * The decisions.
     *
     * @param ours runs of this daemon, and the workflows they belong to
     * @param changed the changed ticks
     * @param late how long after their times the ticks were decided
     * @param undecided schedules that have fired but wait for a run in doubt, or have more times than are decided at
     *     once
     * @param more whether some of these merely have more times
     * @param nextDue when the next tick has waited long enough
     */
    record Decision(
            Map<Tick, ScheduledWorkflow> ours,
            List<Tick> changed,
            List<Duration> late,
            Map<String, Instant> undecided,
            boolean more,
            Optional<Instant> nextDue) {}

    /**
     * @param fired schedules whose times need a decision
     * @param inDoubt which runs of this daemon may have ended already: no decision depends on them before that is known
     */
    Decision decide(List<RunDispatcher.Ended> ended, FiredSchedules.Fired fired, Predicate<Tick> inDoubt)
            throws StoreException {
        return database.transact(tables -> {
            tables.decideAlone();
            return new Round(tables, fired.latest(clock.instant())).decide(ended, fired, inDoubt);
        });
    }

    /** Only records the results of runs. */
    List<Tick> end(List<RunDispatcher.Ended> ended) throws StoreException {
        return database.transact(tables -> {
            tables.decideAlone();
            Round round = new Round(tables, clock.instant());
            for (RunDispatcher.Ended one : ended) {
                round.end(one);
            }
            return round.changed;
        });
    }

    /** One transaction. */
    private final class Round {
        private final Tables tables;
        private final Instant now;
        private final Map<String, Optional<ScheduledWorkflow>> workflows = new LinkedHashMap<>();
        private final Set<String> touched = new LinkedHashSet<>();
        private final List<Tick> changed = new ArrayList<>();
        private final List<Duration> late = new ArrayList<>();
        private final Map<Tick, ScheduledWorkflow> ours = new LinkedHashMap<>();
        private final Map<String, Instant> undecided = new LinkedHashMap<>();
        private boolean more;

        Round(Tables tables, Instant now) {
            this.tables = tables;
            this.now = now;
        }

        Decision decide(List<RunDispatcher.Ended> ended, FiredSchedules.Fired fired, Predicate<Tick> inDoubt) {
            for (RunDispatcher.Ended one : ended) {
                end(one);
            }
            Set<String> later = tables.unended().stream()
                    .filter(tick -> tick.state() == TickState.RUNNING && isOurs(tick) && inDoubt.test(tick))
                    .map(Tick::workflow)
                    .collect(Collectors.toSet());
            for (ScheduleEntry schedule : due(fired)) {
                if (later.contains(schedule.workflow())) {
                    undecided.put(schedule.id(), now);
                } else {
                    decide(schedule);
                }
            }
            tables.forgetWorkflows();
            for (Tick waiting : tables.waitedLongEnough(now)) {
                boolean isFree = waiting.batch().isEmpty() || tables.underWay(waiting.batch()) < waiting.parallel();
                if (isFree && !later.contains(waiting.workflow())) {
                    admit(waiting);
                }
            }
            // also of workflows where nothing has ended now: the daemon that recorded an end may have died or been
            // stopping
            tables.unended().stream()
                    .filter(tick -> tick.state() == TickState.QUEUED || tick.state() == TickState.PARKED)
                    .forEach(tick -> touched.add(tick.workflow()));
            for (String workflow : touched) {
                fill(workflow);
            }
            List<Tick> unended = tables.unended();
            ours(unended);
            Optional<Instant> nextDue = unended.stream()
                    .map(Tick::due)
                    .filter(due -> due.isAfter(now))
                    .min(Comparator.naturalOrder());
            return new Decision(ours, changed, late, undecided, more, nextDue);
        }

        /** The ticks in the order of their times. */
        private List<ScheduleEntry> due(FiredSchedules.Fired fired) {
            List<ScheduleEntry> found = new ArrayList<>();
            if (fired.all()) {
                found.addAll(tables.schedules());
            } else {
                for (String id : fired.upTo().keySet()) {
                    tables.schedule(id).ifPresent(found::add);
                }
            }
            Map<ScheduleEntry, Instant> due = new LinkedHashMap<>();
            found.stream()
                    .filter(schedule -> !schedule.paused())
                    .forEach(schedule -> schedule.next()
                            .filter(next -> !next.isAfter(now))
                            .ifPresent(next -> due.put(schedule, next)));
            return due.entrySet().stream()
                    .sorted(Map.Entry.comparingByValue())
                    .map(Map.Entry::getKey)
                    .toList();
        }

        private void ours(List<Tick> unended) {
            for (Tick tick : unended) {
                if (isOurs(tick)) {
                    workflow(tick.workflow()).ifPresent(workflow -> ours.put(tick, workflow));
                }
            }
        }

        private boolean isOurs(Tick tick) {
            return tick.state().takesPlace()
                    && tick.daemon().equals(daemon)
                    && !tick.due().isAfter(now);
        }

        private Optional<ScheduledWorkflow> workflow(String id) {
            if (!workflows.containsKey(id)) {
                workflows.put(id, tables.workflow(id));
            }
            return workflows.get(id);
        }

        private void end(RunDispatcher.Ended one) {
            Optional<Tick> found = tables.tick(one.tick().key());
            if (found.isEmpty() || found.get().state().isFinal()) {
                return;
            }
            Tick tick = found.get();
            touched.add(tick.workflow());
            if (one.ending() instanceof ScheduledRunEnd.Final end) {
                if (tick.state() == TickState.PARKING) {
                    takeBackStop(tick);
                }
                boolean asDecided = tick.state() == TickState.CANCELLING && end.state() == TickState.CANCELLED;
                save(tick.ended(end.state(), asDecided ? tick.detail() : end.detail(), now));
            } else if (one.ending() instanceof ScheduledRunEnd.Stopped && tick.state() == TickState.PARKING) {
                save(tick.in(TickState.PARKED, tick.detail()));
            } else if (one.ending() instanceof ScheduledRunEnd.Trouble trouble) {
                save(tick.dueAt(now.plus(TROUBLE_DELAY), why(tick, trouble.why())));
            } else if (one.ending() instanceof ScheduledRunEnd.Begun begun) {
                save(tick.ofRun(begun.runId()).dueAt(tick.due(), why(tick, "")));
            } else if (one.ending() instanceof ScheduledRunEnd.Elsewhere elsewhere) {
                explain(tick, elsewhere.why());
            } else if (one.ending() instanceof ScheduledRunEnd.LeftAlone alone) {
                explain(tick, alone.why());
            }
        }

        /** Corrects the newest tick that wanted to stop a run: the run has ended before that. Earlier ticks did stop it. */
        private void takeBackStop(Tick ended) {
            tables.newestTick(ended.workflow(), TickState.CHECKPOINTED, Overlap.stopped(ended))
                    .ifPresent(tick ->
                            save(tick.in(TickState.CHECKPOINTED, ended.key() + " ended before it was stopped")));
        }

        private void explain(Tick tick, String why) {
            if (!why(tick, why).equals(tick.detail())) {
                save(tick.dueAt(tick.due(), why));
            }
        }

        /** The reason for a tick's state. For a run that is being stopped, the reason of the stop stays. */
        private static String why(Tick tick, String now) {
            return tick.state() == TickState.RUNNING ? now : tick.detail();
        }

        private void decide(ScheduleEntry schedule) {
            Due due = Due.of(schedule, since, now);
            for (Tick tick : due.ticks()) {
                if (!tables.add(tick)) {
                    continue; // backfilled before
                }
                if (tick.kind() == Tick.Kind.ON_TIME) {
                    late.add(Duration.between(tick.time(), now));
                }
                if (tick.state().isFinal() || tick.due().isAfter(now)) {
                    changed.add(tick);
                } else {
                    admit(tick);
                }
            }
            tables.advance(schedule.decidedUpTo(due.upTo()));
            if (due.upTo().isBefore(now)) {
                undecided.put(schedule.id(), now);
                more = true;
            }
        }

        private void admit(Tick tick) {
            Overlap overlap = overlap(tick.workflow());
            overlap.admit(tick);
            save(overlap.changed());
            touched.add(tick.workflow());
        }

        private void fill(String workflow) {
            Overlap overlap = overlap(workflow);
            overlap.fill();
            save(overlap.changed());
        }

        private Overlap overlap(String workflow) {
            List<Tick> unended = tables.unendedOf(workflow).stream()
                    .filter(tick -> tick.state() != TickState.WAITING && tick.state() != TickState.HELD)
                    .toList();
            return new Overlap(workflow(workflow).flatMap(ScheduledWorkflow::concurrency), unended, daemon, now);
        }

        private void save(Tick tick) {
            save(List.of(tick));
        }

        private void save(List<Tick> ticks) {
            tables.update(ticks);
            changed.addAll(ticks);
        }
    }
}
