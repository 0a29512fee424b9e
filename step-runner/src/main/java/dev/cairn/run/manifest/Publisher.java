package dev.cairn.run.manifest;

import dev.cairn.files.WriteFailure;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Writes a run's documents down, and retries what fails: a disk that is full, a quota or a file server that stumbles costs time
 * only, and the steps run on meanwhile. What waiting cannot mend, such as a folder that is gone, fails at once. Thread-safe; no
 * lock is held while it writes or waits.
 */
public final class Publisher implements WriteGuard {
    private static final Duration FIRST_PAUSE = Duration.ofMillis(50);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(2);
    private static final Duration LAST_PATIENCE = Duration.ofSeconds(5);

    private final WriteGuard guard;
    private final Clock clock;
    private final News news;
    private final Map<Path, Write> owed = new LinkedHashMap<>();
    private final Set<Path> failing = new HashSet<>();
    private final CountDownLatch hurried = new CountDownLatch(1);
    private volatile long hurriedAt;
    private volatile @Nullable WriteFailure failure;

    /** Called when writing begins to fail, and when everything is written again. Called from the thread that writes. */
    public interface News {
        void cannotWrite(Path file, WriteFailure failure);

        void writesAgain(Instant at, Duration after);
    }

    /** @param guard asked before each try */
    public Publisher(WriteGuard guard, Clock clock, News news) {
        this.guard = guard;
        this.clock = clock;
        this.news = news;
    }

    @Override
    public void check() throws IOException {
        guard.check();
    }

    /** What cannot be written now; empty when all is well. */
    public Optional<WriteFailure> failure() {
        return Optional.ofNullable(failure);
    }

    /** The runner is to end at once: what cannot be written within some seconds is given up. */
    public void hurry() {
        hurriedAt = System.nanoTime();
        hurried.countDown();
    }

    /** Waits until it is written. */
    @Override
    public void publish(Path file, Write write) throws IOException {
        publish(file, write, () -> false);
    }

    /** The same, but gives up after a failure if the result is no longer needed. */
    public WriteGuard unless(BooleanSupplier givenUp) {
        return new WriteGuard() {
            @Override
            public void check() throws IOException {
                guard.check();
            }

            @Override
            public void publish(Path file, Write write) throws IOException {
                Publisher.this.publish(file, write, givenUp);
            }
        };
    }

    private void publish(Path file, Write write, BooleanSupplier givenUp) throws IOException {
        Duration pause = FIRST_PAUSE;
        Optional<IOException> failed = attempt(file, write);
        while (failed.isPresent()) {
            if (givenUp.getAsBoolean()) {
                forget(file);
                throw failed.get();
            }
            rest(pause, givenUp);
            pause = longer(pause);
            failed = attempt(file, write);
        }
    }

    /** Tries once, for what is written again soon anyway. */
    public boolean tries(Path file, Write write) throws IOException {
        return attempt(file, write).isEmpty();
    }

    /** Tries once, in the caller's thread; what fails is tried again by {@link #settle}. */
    public void offer(Path file, Write write) throws IOException {
        if (attempt(file, write).isPresent()) {
            synchronized (this) {
                owed.put(file, write);
            }
        }
    }

    /**
     * Tries again what could not be written when it was offered. Of the thread that offers.
     *
     * @return whether all has been written
     */
    public boolean settle() throws IOException {
        for (Map.Entry<Path, Write> entry : owed()) {
            offer(entry.getKey(), entry.getValue());
        }
        return owed().isEmpty();
    }

    private synchronized List<Map.Entry<Path, Write>> owed() {
        return List.copyOf(owed.entrySet());
    }

    /** @return a failure that may pass; any other is thrown */
    private Optional<IOException> attempt(Path file, Write write) throws IOException {
        guard.check();
        try {
            write.run();
        } catch (IOException e) {
            if (lasts(e) || patienceIsOver()) {
                forget(file);
                throw e;
            }
            failed(file, e);
            return Optional.of(e);
        }
        forget(file);
        return Optional.empty();
    }

    private static boolean lasts(IOException e) {
        return e instanceof NoSuchFileException
                || e instanceof AccessDeniedException
                || e instanceof NotDirectoryException
                || e instanceof FileAlreadyExistsException;
    }

    private boolean patienceIsOver() {
        return hurried.getCount() == 0 && System.nanoTime() - hurriedAt > LAST_PATIENCE.toNanos();
    }

    private void failed(Path file, IOException e) {
        String said = e instanceof FileSystemException named ? named.getReason() : e.getMessage();
        WriteFailure first = null;
        synchronized (this) {
            if (failing.isEmpty()) {
                first = new WriteFailure(said == null ? e.toString() : said, clock.instant());
                failure = first;
            }
            failing.add(file);
        }
        if (first != null) {
            news.cannotWrite(file, first);
        }
    }

    /** It is written, or given up. */
    private void forget(Path file) {
        WriteFailure last;
        synchronized (this) {
            owed.remove(file);
            if (!failing.remove(file) || !failing.isEmpty()) {
                return;
            }
            last = failure;
            failure = null;
        }
        if (last != null) {
            Instant now = clock.instant();
            news.writesAgain(now, Duration.between(last.since(), now));
        }
    }

    /** In slices, in which it may be given up. */
    private void rest(Duration pause, BooleanSupplier givenUp) throws InterruptedIOException {
        long until = System.nanoTime() + pause.toNanos();
        try {
            while (System.nanoTime() < until && !givenUp.getAsBoolean()) {
                if (hurried.await(FIRST_PAUSE.toMillis(), TimeUnit.MILLISECONDS)) {
                    Thread.sleep(FIRST_PAUSE.toMillis());
                }
            }
        } catch (InterruptedException letGo) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("the runner has let go of the run");
        }
    }

    private static Duration longer(Duration pause) {
        Duration twice = pause.multipliedBy(2);
        return twice.compareTo(LONGEST_PAUSE) < 0 ? twice : LONGEST_PAUSE;
    }
}
