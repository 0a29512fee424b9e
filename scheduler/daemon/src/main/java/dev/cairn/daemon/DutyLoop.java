package dev.cairn.daemon;

import dev.cairn.trigger.TriggerException;
import java.io.IOException;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/**
 * Performs each duty in the caller's thread when it is due, and sleeps in between. While one fails, it starts again
 * from the first duty four times a second, and reports the failure once. {@link #wake} and {@link #stop} are for any
 * thread.
 */
final class DutyLoop {
    private static final Duration RETRY = Duration.ofMillis(250);

    private final Semaphore wake = new Semaphore(0);
    private String trouble = "";
    private volatile int stops;

    /** Checks before each round whether the duties can work, and receives trouble. */
    interface Watcher {
        /** @throws IOException if no duty may be performed at present */
        void check() throws IOException;

        /** Names the trouble behind a failure: the same text as long as the trouble is the same. */
        String nameOf(Exception failure);

        /** Trouble has begun or changed. */
        void begun(String what);

        /**
         * All duties succeeded.
         *
         * @return false while the trouble may still come back
         */
        boolean passed();
    }

    void wake() {
        wake.release();
    }

    synchronized void stop() {
        stops++;
        wake();
    }

    /** The number of stop requests. */
    int stops() {
        return stops;
    }

    /** Until it is stopped. */
    void run(List<Duty> duties, Watcher watcher) throws InterruptedException {
        while (stops == 0) {
            try {
                watcher.check();
                for (Duty duty : duties) {
                    if (duty.left().isZero()) {
                        duty.run();
                    }
                }
                passed(watcher);
            } catch (IOException | TriggerException e) {
                failed(watcher.nameOf(e), watcher);
            }
            sleep(trouble.isEmpty() ? untilNext(duties) : RETRY);
        }
    }

    private static Duration untilNext(List<Duty> duties) {
        return duties.stream().map(Duty::left).min(Comparator.naturalOrder()).orElse(Duty.ON_REQUEST);
    }

    /** Waits until it is woken, but no longer than this. */
    void sleep(Duration atMost) throws InterruptedException {
        wake.tryAcquire(atMost.toNanos(), TimeUnit.NANOSECONDS);
        wake.drainPermits();
    }

    private void passed(Watcher watcher) {
        if (!trouble.isEmpty() && watcher.passed()) {
            trouble = "";
        }
    }

    private void failed(String what, Watcher watcher) {
        if (!what.equals(trouble)) {
            trouble = what;
            watcher.begun(what);
        }
    }
}
