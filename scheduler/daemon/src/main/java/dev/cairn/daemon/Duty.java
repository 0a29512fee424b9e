package dev.cairn.daemon;

import dev.cairn.trigger.TriggerException;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A task that the daemon performs on request, and again after a time. Any thread may call {@link #request}; only the
 * daemon's thread may call the other methods.
 */
final class Duty {
    /** A delay for duties that run only on request. */
    static final Duration ON_REQUEST = Duration.ofDays(1);

    private final Work work;
    private final Runnable wake;
    /** By {@link System#nanoTime}. */
    private final AtomicLong due = new AtomicLong(System.nanoTime());

    /** What is done. */
    @FunctionalInterface
    interface Work {
        /** @return the time until it must be performed again */
        Duration run() throws IOException, TriggerException;
    }

    /**
     * Makes the duty due at once.
     *
     * @param wake wakes the daemon's thread
     */
    Duty(Work work, Runnable wake) {
        this.work = work;
        this.wake = wake;
    }

    /** Requests the duty within this time. */
    void request(Duration within) {
        plan(within);
        wake.run();
    }

    /** The same, for a call by the daemon's thread, which is awake. */
    void plan(Duration within) {
        long wanted = System.nanoTime() + within.toNanos();
        due.updateAndGet(planned -> planned - wanted > 0 ? wanted : planned);
    }

    /** The time until it is due; zero if it is due. */
    Duration left() {
        return Duration.ofNanos(Math.max(0, due.get() - System.nanoTime()));
    }

    /** Performs it. If it fails, it stays due. A request that comes meanwhile makes it due again. */
    void run() throws IOException, TriggerException {
        due.compareAndSet(due.get(), System.nanoTime() + ON_REQUEST.toNanos());
        boolean done = false;
        try {
            plan(work.run());
            done = true;
        } finally {
            if (!done) {
                plan(Duration.ZERO);
            }
        }
    }
}
