package dev.cairn.daemon;

import dev.cairn.run.control.RunCommand;
import dev.cairn.run.event.RunListener;
import dev.cairn.schedule.ScheduledWorkflow;
import dev.cairn.schedule.Tick;
import dev.cairn.schedule.TickState;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.function.BiFunction;
import java.util.stream.Stream;

/**
 * Brings the runs of this daemon to the state that the database requires, each in a thread of its own. Their results
 * are queued. Only the daemon's thread calls the methods.
 */
final class RunDispatcher {
    private static final RunCommand PARK = new RunCommand.Checkpoint(Optional.empty(), true);
    private static final RunCommand CANCEL = new RunCommand.Cancel();
    /** How soon to check again a run that another process owns. */
    private static final Duration LOOK_AGAIN = Duration.ofSeconds(2);

    private final Runners runners;
    private final BiFunction<Tick, ScheduledWorkflow, RunListener> listeners;
    private final Map<String, Held> held = new HashMap<>();
    private final Map<String, Long> notBefore = new HashMap<>();
    private final Set<String> leftAlone = new HashSet<>();
    private final BlockingQueue<Ended> ended = new LinkedBlockingQueue<>();
    private final Runnable wake;

    /** The result of a run. */
    record Ended(Tick tick, ScheduledRunEnd ending) {}

    private record Held(ScheduledRun run, Thread thread) {}

    /**
     * @param listeners receive the events of the run of a tick
     * @param wake called when something was queued, or when a run is known to be active
     */
    RunDispatcher(Runners runners, BiFunction<Tick, ScheduledWorkflow, RunListener> listeners, Runnable wake) {
        this.runners = runners;
        this.listeners = listeners;
        this.wake = wake;
    }

    /** The results of runs since the last call. */
    List<Ended> takeEnded() {
        List<Ended> all = new ArrayList<>();
        ended.drainTo(all);
        all.stream()
                .filter(one -> !(one.ending() instanceof ScheduledRunEnd.Begun))
                .forEach(this::letGoOf);
        return all;
    }

    private void letGoOf(Ended one) {
        String key = one.tick().key();
        held.remove(key);
        boolean alone = one.ending() instanceof ScheduledRunEnd.LeftAlone;
        if (alone) {
            leftAlone.add(key);
        } else if (!(one.ending() instanceof ScheduledRunEnd.Elsewhere)) {
            leftAlone.remove(key);
        }
        if (alone || one.ending() instanceof ScheduledRunEnd.Elsewhere) {
            notBefore.put(key, System.nanoTime() + LOOK_AGAIN.toNanos());
        } else {
            notBefore.remove(key);
        }
    }

    /** Whether a run of this daemon may have ended unnoticed. */
    boolean isInDoubt(Tick tick) {
        Held has = held.get(tick.key());
        return has == null ? !notBefore.containsKey(tick.key()) : has.run().isInDoubt();
    }

    /**
     * The time until a run that is in doubt, or that another process owns, must be checked again even without an event.
     */
    Duration untilNextLook() {
        long now = System.nanoTime();
        Stream<Duration> doubts = held.values().stream().flatMap(one -> one.run().untilCertain().stream());
        Stream<Duration> others = notBefore.entrySet().stream()
                .filter(entry -> !held.containsKey(entry.getKey()) && entry.getValue() - now > 0)
                .map(entry -> Duration.ofNanos(entry.getValue() - now));
        return Stream.concat(doubts, others).min(Comparator.naturalOrder()).orElse(Duty.ON_REQUEST);
    }

    /** @param wanted the tick with the state that this daemon must bring its run to */
    void bringAbout(Tick wanted, ScheduledWorkflow workflow) {
        Held has = held.get(wanted.key());
        if (has == null) {
            long now = System.nanoTime();
            if (now - notBefore.getOrDefault(wanted.key(), now) < 0) {
                return;
            }
            has = start(wanted, workflow);
        }
        if (wanted.state() == TickState.PARKING) {
            has.run().ask(PARK);
        } else if (wanted.state() == TickState.CANCELLING) {
            has.run().ask(CANCEL);
        }
    }

    private Held start(Tick tick, ScheduledWorkflow workflow) {
        ScheduledRun run = new ScheduledRun(
                tick,
                workflow,
                runners,
                new LivenessTracker(listeners.apply(tick, workflow), wake),
                id -> tell(tick, new ScheduledRunEnd.Begun(id)),
                leftAlone.contains(tick.key()));
        if (tick.state() == TickState.PARKING) {
            run.ask(PARK);
        } else if (tick.state() == TickState.CANCELLING) {
            run.ask(CANCEL);
        }
        Thread thread = new Thread(() -> run(run), "run " + tick.key());
        thread.setDaemon(true);
        Held started = new Held(run, thread);
        held.put(tick.key(), started);
        thread.start();
        return started;
    }

    private void run(ScheduledRun run) {
        ScheduledRunEnd ending;
        try {
            ending = run.run();
        } catch (InterruptedException letGo) {
            ending = new ScheduledRunEnd.Elsewhere("let go");
        } catch (RuntimeException | Error bug) { // the root of the run's thread
            ending = new ScheduledRunEnd.Trouble("a bug in Cairn: " + bug);
        }
        tell(run.tick(), ending);
    }

    private void tell(Tick tick, ScheduledRunEnd ending) {
        ended.add(new Ended(tick, ending));
        wake.run();
    }

    boolean isEmpty() {
        return held.isEmpty();
    }

    int size() {
        return held.size();
    }

    /** Checkpoints and stops all runs. Detaches from steps that cannot be checkpointed; they continue under their supervisors. */
    void stopAll() {
        for (Held one : held.values()) {
            one.run().ask(PARK);
            if (one.run().unstopped().isPresent()) {
                one.thread().interrupt();
            }
        }
    }

    /** Detaches from all runs at once. */
    void letGo() {
        held.values().forEach(one -> one.thread().interrupt());
    }
}
