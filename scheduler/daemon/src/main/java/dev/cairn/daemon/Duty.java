package dev.cairn.daemon;

import dev.cairn.trigger.TriggerException;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Something that the daemon does when it is asked to, and again after a time. {@link #request} is for any thread, the rest for the
 * daemon's.
 */
final class Duty {
    /** Only when it is asked to. */
    static final Duration ON_REQUEST = Duration.ofDays(1);

    private final Work work;
    private final Runnable wake;
    /** By {@link System#nanoTime}. */
    private final AtomicLong due = new AtomicLong(System.nanoTime());

    /** What is done. */
    @FunctionalInterface
    interface Work {
        /** @return after how long it wants to be done again */
        Duration run() throws IOException, TriggerException;
    }

    /**
     * It is due at once.
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

    /** Likewise, by the daemon's thread, which is awake. */
    void plan(Duration within) {
        long wanted = System.nanoTime() + within.toNanos();
        due.updateAndGet(planned -> planned - wanted > 0 ? wanted : planned);
    }

    /** Until it is due; zero when it is. */
    Duration left() {
        return Duration.ofNanos(Math.max(0, due.get() - System.nanoTime()));
    }

    /** Does it; one that fails stays due, and a request that comes meanwhile counts. */
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
