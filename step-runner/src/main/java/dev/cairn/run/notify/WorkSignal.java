package dev.cairn.run.notify;

/** Wakes threads that wait for work, and signals when no more work will come. Thread-safe. */
final class WorkSignal {
    private long count;
    private long deadline;
    private boolean last;

    /** How often the signal was raised. */
    synchronized long count() {
        return count;
    }

    synchronized void raise() {
        count++;
        notifyAll();
    }

    /**
     * Raises it for the last time.
     *
     * @param nanos the {@link System#nanoTime} after which no work starts
     */
    synchronized void raiseLast(long nanos) {
        last = true;
        deadline = nanos;
        raise();
    }

    synchronized boolean isLast() {
        return last;
    }

    synchronized boolean isOver() {
        return last && System.nanoTime() - deadline >= 0;
    }

    /** Waits until the signal was raised more often than that. */
    synchronized void await(long seen) throws InterruptedException {
        while (count == seen) {
            wait();
        }
    }

    /**
     * Waits for a time, or until the work is over.
     *
     * @param cut whether the last signal ends the wait, too
     */
    synchronized void pause(long nanos, boolean cut) throws InterruptedException {
        long until = System.nanoTime() + nanos;
        boolean before = last;
        while (true) {
            long left = until - System.nanoTime();
            if (left <= 0 || cut && last && !before) {
                return;
            }
            if (last) {
                left = Math.min(left, deadline - System.nanoTime());
                if (left <= 0) {
                    return;
                }
            }
            wait(left / 1_000_000, (int) (left % 1_000_000));
        }
    }
}
