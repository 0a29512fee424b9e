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
 * Writes a run's documents, and retries after a failure. A full disk, a quota or a slow file server only costs time,
 * and the steps run on meanwhile. An error that waiting cannot mend, such as a missing folder, fails at once.
 * Thread-safe; no lock is held while it writes or waits.
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

    /** @param guard checked before each try */
    public Publisher(WriteGuard guard, Clock clock, News news) {
        this.guard = guard;
        this.clock = clock;
        this.news = news;
    }

    @Override
    public void check() throws IOException {
        guard.check();
    }

    /** The document that cannot be written now; empty if there is none. */
    public Optional<WriteFailure> failure() {
        return Optional.ofNullable(failure);
    }

    /** The runner must end at once: a document that cannot be written within some seconds is abandoned. */
    public void hurry() {
        hurriedAt = System.nanoTime();
        hurried.countDown();
    }

    /** Waits until the document is written. */
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

    /** Tries once, for a document that is soon written again anyway. */
    public boolean tries(Path file, Write write) throws IOException {
        return attempt(file, write).isEmpty();
    }

    /** Tries once, in the caller's thread. {@link #settle} repeats a failed write. */
    public void offer(Path file, Write write) throws IOException {
        if (attempt(file, write).isPresent()) {
            synchronized (this) {
                owed.put(file, write);
            }
        }
    }

    /**
     * Repeats the writes that failed when they were offered. Call it in the offering thread.
     *
     * @return whether everything has been written
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

    /** @return a temporary failure; any other is thrown */
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

    /** The document is written, or abandoned. */
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

    /** Waits in short slices, so that the write can be abandoned in between. */
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
