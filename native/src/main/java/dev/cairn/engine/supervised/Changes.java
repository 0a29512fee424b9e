package dev.cairn.engine.supervised;

import dev.cairn.files.FolderWatch;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/** Wakes the thread that follows an attempt when something in its folder changes. Thread-safe. */
final class Changes implements AutoCloseable {
    private final Path attemptDir;
    private final long since = System.nanoTime();
    private final Semaphore changed = new Semaphore(0);
    private Optional<FolderWatch> watch = Optional.empty();
    private boolean isClosed;
    private boolean isTried;

    Changes(Path attemptDir) {
        this.attemptDir = attemptDir;
    }

    synchronized boolean isOn() {
        return watch.isPresent();
    }

    /** Starts to watch, if the attempt is old enough and the folder can be watched. */
    synchronized void turnOnAfter(long millis) {
        if (!isTried && !isClosed && System.nanoTime() - since > TimeUnit.MILLISECONDS.toNanos(millis)) {
            isTried = true;
            watch = FolderWatch.of(attemptDir, changed::release);
        }
    }

    /** Returns after the first change since the last call, or after the timeout. */
    void await(long millis) throws InterruptedException {
        if (changed.tryAcquire(millis, TimeUnit.MILLISECONDS)) {
            changed.drainPermits();
        }
    }

    @Override
    public synchronized void close() {
        isClosed = true;
        watch.ifPresent(FolderWatch::close);
        watch = Optional.empty();
    }
}
