package dev.cairn.schedule;

import dev.cairn.workflow.spec.Concurrency;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * The rules of {@code concurrency}: which run may start, which waits, and which is stopped. Decides for one workflow,
 * on its ticks that have not ended; confined to one thread.
 *
 * <p>A tick that makes up for a missed time, or that a person requested, is never skipped and stops no other: it waits.
 * A regular time that comes while {@value #QUEUE} ticks are queued is skipped, so that a queue does not grow for ever
 * behind a hanging run. A tick that must not be skipped waits outside the queue until there is room.
 */
public final class Overlap {
    /** How many ticks of a workflow are queued at most. */
    public static final int QUEUE = 100;

    private static final Comparator<Tick> OLDEST_FIRST =
            Comparator.comparing(Tick::time).thenComparing(Tick::key);

    private final Optional<Concurrency> rule;
    private final String daemon;
    private final Instant now;
    private final Map<String, Tick> ticks = new LinkedHashMap<>();
    private final Map<String, Tick> changed = new LinkedHashMap<>();

    /**
     * @param unended the workflow's ticks that wait or run
     * @param daemon the daemon that runs the ticks admitted from now on
     */
    public Overlap(Optional<Concurrency> rule, List<Tick> unended, String daemon, Instant now) {
        this.rule = rule;
        this.daemon = daemon;
        this.now = now;
        unended.forEach(tick -> ticks.put(tick.key(), tick));
    }

    /** The ticks that have changed. */
    public List<Tick> changed() {
        return List.copyOf(changed.values());
    }

    /** Decides about a tick whose time has come. */
    public void admit(Tick tick) {
        ticks.remove(tick.key());
        if (rule.isEmpty()) {
            set(tick.runBy(daemon, now));
            return;
        }
        boolean waits = tick.kind() != Tick.Kind.ON_TIME;
        Concurrency.Overlap onOverlap =
                waits ? Concurrency.Overlap.QUEUE : rule.get().onOverlap();
        switch (onOverlap) {
            case QUEUE -> queue(tick);
            case SKIP -> skip(tick);
            case CANCEL -> cancelOldest(tick);
            case CHECKPOINT -> checkpointOldest(tick);
        }
    }

    /** Admits waiting ticks while there is room. */
    public void fill() {
        boolean parkedWait =
                rule.map(Concurrency::onOverlap).orElse(Concurrency.Overlap.QUEUE) == Concurrency.Overlap.CHECKPOINT;
        Optional<Tick> next =
                oldest(tick -> tick.state() == TickState.QUEUED || tick.state() == TickState.PARKED && !parkedWait);
        while (next.isPresent() && hasRoom()) {
            set(next.get().runBy(daemon, now));
            next = oldest(tick -> tick.state() == TickState.QUEUED || tick.state() == TickState.PARKED && !parkedWait);
        }
    }

    private void queue(Tick tick) {
        boolean free =
                hasRoom() && oldest(other -> other.state() == TickState.QUEUED).isEmpty();
        if (free) {
            set(tick.runBy(daemon, now));
        } else {
            enqueue(tick);
        }
    }

    private void enqueue(Tick tick) {
        long queued = ticks.values().stream()
                .filter(other -> other.state() == TickState.QUEUED)
                .count();
        if (queued < QUEUE) {
            set(tick.in(TickState.QUEUED, waitsFor()));
        } else if (tick.kind() == Tick.Kind.ON_TIME) {
            set(tick.ended(TickState.SKIPPED, "the queue is full: " + QUEUE + " ticks are in it", now));
        } else if (tick.detail().isEmpty()) {
            set(tick.in(TickState.WAITING, "until there is room in the queue"));
        }
    }

    private void skip(Tick tick) {
        boolean free =
                hasRoom() && oldest(other -> other.state() == TickState.QUEUED).isEmpty();
        set(free ? tick.runBy(daemon, now) : tick.ended(TickState.SKIPPED, waitsFor(), now));
    }

    private void cancelOldest(Tick tick) {
        Predicate<Tick> inTheWay = other -> other.state() == TickState.QUEUED || other.state() == TickState.RUNNING;
        List<Tick> others = new ArrayList<>(
                ticks.values().stream().filter(inTheWay).sorted(OLDEST_FIRST).toList());
        while (others.size() >= limit()) {
            Tick oldest = others.remove(0);
            String why = "in the way of " + tick.key();
            set(
                    oldest.state() == TickState.QUEUED
                            ? oldest.ended(TickState.CANCELLED, why, now)
                            : oldest.in(TickState.CANCELLING, why));
        }
        queue(tick);
    }

    private void checkpointOldest(Tick tick) {
        Optional<Tick> stopped =
                oldest(other -> other.state() == TickState.PARKED || other.state() == TickState.PARKING);
        boolean leavesRoom = stopped.filter(other -> other.state() == TickState.PARKING || hasRoom())
                .isPresent();
        Optional<Tick> running = oldest(other -> other.state() == TickState.RUNNING);
        if (leavesRoom) {
            set(stopped.get().runBy(daemon, now));
            set(tick.ended(TickState.CONTINUED, "went on with " + stopped.get().key(), now));
        } else if (hasRoom()) {
            set(tick.runBy(daemon, now));
        } else if (running.isPresent()) {
            set(running.get().in(TickState.PARKING, "still running at " + tick.key()));
            set(tick.ended(TickState.CHECKPOINTED, stopped(running.get()), now));
        } else {
            enqueue(tick);
        }
    }

    /** The reason that a tick records while another run is stopped for it. */
    public static String stopped(Tick other) {
        return "stopped " + other.key();
    }

    private int limit() {
        return rule.map(Concurrency::limit).orElse(Integer.MAX_VALUE);
    }

    private boolean hasRoom() {
        return ticks.values().stream().filter(tick -> tick.state().takesPlace()).count() < limit();
    }

    private String waitsFor() {
        return oldest(tick -> tick.state().takesPlace())
                .map(tick -> "while " + tick.key() + " runs")
                .orElse("while others wait");
    }

    private Optional<Tick> oldest(Predicate<Tick> wanted) {
        return ticks.values().stream().filter(wanted).min(OLDEST_FIRST);
    }

    private void set(Tick tick) {
        changed.put(tick.key(), tick);
        if (tick.state().isFinal()) {
            ticks.remove(tick.key());
        } else {
            ticks.put(tick.key(), tick);
        }
    }
}
