package dev.cairn.run.notify;

/** Wakes those who wait for something to do, and says when nothing more will come. Thread-safe. */
final class WorkSignal {
    private long rung;
    private long deadline;
    private boolean last;

    /** How often it has rung. */
    synchronized long rung() {
        return rung;
    }

    synchronized void ring() {
        rung++;
        notifyAll();
    }

    /**
     * Rings for the last time.
     *
     * @param nanos from when nothing is begun any more, by {@link System#nanoTime}
     */
    synchronized void ringLast(long nanos) {
        last = true;
        deadline = nanos;
        ring();
    }

    synchronized boolean isLast() {
        return last;
    }

    synchronized boolean isOver() {
        return last && System.nanoTime() - deadline >= 0;
    }

    /** Waits until it has rung more often than that. */
    synchronized void await(long seen) throws InterruptedException {
        while (rung == seen) {
            wait();
        }
    }

    /**
     * Waits for a time, or until it is over.
     *
     * @param cut whether the last ring ends the wait too
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
