package dev.cairn.daemon;

import dev.cairn.run.event.RunEvent;
import dev.cairn.run.event.RunListener;
import dev.cairn.run.manifest.StepState;
import java.time.Duration;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;

/**
 * Distinguishes an active run from one that may have ended unnoticed: a run that was just found, or whose last running
 * step has ended. Passes the events on. Thread-safe.
 */
final class LivenessTracker implements RunListener {
    /**
     * Within this time, a resumed run reports the steps that its last runner left running. A run that is silent for
     * longer is waiting, for example for a retry.
     */
    private static final Duration SILENCE = Duration.ofSeconds(10);

    private final RunListener next;
    private final Runnable certain;
    private final Set<String> alive = new HashSet<>();
    private boolean found;
    private long silentSince;

    /** @param certain called when the run is known to be active */
    LivenessTracker(RunListener next, Runnable certain) {
        this.next = next;
        this.certain = certain;
    }

    /** @param fresh whether the run is new, so that it certainly has not ended */
    void found(boolean fresh) {
        synchronized (this) {
            found = true;
            silentSince = System.nanoTime() - (fresh ? SILENCE.toNanos() : 0);
        }
        certain.run();
    }

    @Override
    public void on(RunEvent event) {
        if (note(event)) {
            certain.run();
        }
        next.on(event);
    }

    private synchronized boolean note(RunEvent event) {
        if (event instanceof RunEvent.AttemptStarted || event instanceof RunEvent.AttemptAttached) {
            return alive.add(((RunEvent.OfStep) event).step());
        }
        if (event instanceof RunEvent.StepChanged changed && changed.state() == StepState.WAITING) {
            return alive.add(changed.step());
        }
        if (event instanceof RunEvent.AttemptEnded || event instanceof RunEvent.StepChanged) {
            boolean last = alive.remove(((RunEvent.OfStep) event).step()) && alive.isEmpty();
            silentSince = last ? System.nanoTime() : silentSince;
        }
        return false;
    }

    synchronized boolean areMissing() {
        return !found || alive.isEmpty() && silenceLeft() > 0;
    }

    /** The time after which {@link #areMissing} changes by itself; empty if only an event changes it. */
    synchronized Optional<Duration> untilCertain() {
        return found && areMissing() ? Optional.of(Duration.ofNanos(silenceLeft())) : Optional.empty();
    }

    private long silenceLeft() {
        return SILENCE.toNanos() - (System.nanoTime() - silentSince);
    }
}
