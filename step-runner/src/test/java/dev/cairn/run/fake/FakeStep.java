package dev.cairn.run.fake;

import dev.cairn.engine.CheckpointOutcome;
import dev.cairn.engine.CheckpointRequest;
import dev.cairn.engine.EndCause;
import dev.cairn.engine.EngineException;
import dev.cairn.engine.ImageInfo;
import dev.cairn.engine.ProcessIdentity;
import dev.cairn.engine.StepExit;
import dev.cairn.engine.StepLaunch;
import dev.cairn.engine.StepProcess;
import dev.cairn.engine.StepStatus;
import dev.cairn.engine.TerminalChannel;
import dev.cairn.host.Processes;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** A step that runs until the test decides how it ends. Thread-safe. */
public final class FakeStep implements StepProcess {
    private final StepLaunch launch;
    private final List<CheckpointOutcome> journal = new ArrayList<>();
    private @Nullable StepExit exit;
    private @Nullable String checkpointsFail;
    private @Nullable EndCause endsAtCheckpoint;
    private boolean closed;
    private boolean killed;
    private @Nullable ImageInfo unsaid;

    FakeStep(StepLaunch launch) {
        this.launch = launch;
    }

    public StepLaunch launch() {
        return launch;
    }

    public String id() {
        return launch.environment().get("CAIRN_STEP_ID");
    }

    /** Sequence of the image from which it resumed; 0 from its beginning, -1 without any image. */
    public long resumedFrom() {
        return launch.restoreFrom().map(FakeStep::sequenceOf).orElse(-1L);
    }

    public synchronized ImageInfo publish(String reason) {
        ImageInfo image = make(reason);
        journal.add(new CheckpointOutcome.Published(image));
        return image;
    }

    /** As by {@code kill -9} between the image and its line in the journal. */
    public synchronized void publishAndDieBeforeSayingSo() {
        unsaid = make("interval");
        kill();
    }

    /** Also the one of which the journal knows nothing. */
    synchronized List<ImageInfo> images() {
        List<ImageInfo> made = new ArrayList<>();
        for (CheckpointOutcome outcome : journal) {
            if (outcome instanceof CheckpointOutcome.Published published) {
                made.add(published.image());
            }
        }
        if (unsaid != null) {
            made.add(unsaid);
        }
        return made;
    }

    private ImageInfo make(String reason) {
        long sequence = highest() + 1;
        Path path = launch.checkpointsDir().resolve("%06d".formatted(sequence));
        try {
            Files.createDirectories(path);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return new ImageInfo(
                sequence,
                path,
                Instant.now(),
                reason,
                100,
                1000,
                "d" + sequence,
                Duration.ofMillis(1),
                Duration.ofMillis(5),
                false,
                OptionalLong.empty());
    }

    public void succeed() {
        end(EndCause.SUCCESS, OptionalInt.of(0), Duration.ofSeconds(1), OptionalLong.empty());
    }

    public void fail(int code) {
        end(EndCause.FAILURE, OptionalInt.of(code), Duration.ofSeconds(1), OptionalLong.empty());
    }

    public void endAfter(Duration running, EndCause cause) {
        end(cause, OptionalInt.empty(), running, OptionalLong.empty());
    }

    /** As by {@code kill -9} of its supervisor: no word is left behind. */
    public synchronized void kill() {
        killed = true;
        notifyAll();
    }

    public synchronized void failCheckpoints(String message) {
        checkpointsFail = message;
    }

    /** As when it ends while its next image is being written. */
    public synchronized void endAtCheckpoint(EndCause cause) {
        endsAtCheckpoint = cause;
    }

    /** As when its execution ends between a command and its being passed on. */
    public synchronized void closeEarly() {
        closed = true;
    }

    @Override
    public synchronized boolean isAlive() {
        return !killed && exit == null;
    }

    synchronized List<CheckpointOutcome> journal() {
        return new ArrayList<>(journal);
    }

    @Override
    public synchronized ProcessIdentity supervisor() {
        try {
            ProcessIdentity self = Processes.current();
            return isAlive() ? self : new ProcessIdentity(self.pid(), self.startTime() + 1);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public StepStatus status() {
        return new StepStatus(
                StepStatus.State.RUNNING,
                Duration.ofSeconds(1),
                OptionalLong.empty(),
                Optional.empty(),
                1,
                0,
                false,
                Optional.empty(),
                OptionalLong.empty(),
                OptionalLong.empty());
    }

    @Override
    public synchronized ImageInfo checkpoint(CheckpointRequest request) throws EngineException {
        if (closed) {
            throw new IllegalStateException("used after close");
        }
        if (!isAlive()) {
            throw new EngineException(EngineException.GONE, "the step has ended");
        }
        if (endsAtCheckpoint != null) {
            end(endsAtCheckpoint, OptionalInt.empty(), Duration.ofSeconds(1), OptionalLong.empty());
            throw new EngineException(EngineException.GONE, "the step ended before this checkpoint");
        }
        if (checkpointsFail != null) {
            journal.add(new CheckpointOutcome.Failed(Instant.now(), request.reason(), 5, checkpointsFail));
            throw new EngineException(5, checkpointsFail);
        }
        ImageInfo image = publish(request.reason());
        request.stopWith()
                .ifPresent(cause ->
                        end(cause, OptionalInt.empty(), Duration.ofSeconds(1), OptionalLong.of(image.sequence())));
        return image;
    }

    @Override
    public void signal(int signo) {}

    @Override
    public void end(EndCause cause, Duration grace) {
        end(cause, OptionalInt.empty(), Duration.ofSeconds(1), OptionalLong.empty());
    }

    @Override
    public synchronized Optional<StepExit> exit() {
        return killed ? Optional.empty() : Optional.ofNullable(exit);
    }

    @Override
    public synchronized Optional<StepExit> awaitExit(Duration atMost) throws InterruptedException {
        long deadline = System.nanoTime() + atMost.toNanos();
        while (isAlive() && deadline - System.nanoTime() > 0) {
            wait(Math.max(1, (deadline - System.nanoTime()) / 1_000_000));
        }
        return exit();
    }

    @Override
    public TerminalChannel attachTerminal() throws EngineException {
        throw new EngineException(1, "it has no terminal");
    }

    @Override
    public void close() {}

    private synchronized void end(EndCause cause, OptionalInt code, Duration running, OptionalLong image) {
        if (isAlive()) {
            exit = new StepExit(cause, code, OptionalInt.empty(), Instant.now(), running, "", image);
            notifyAll();
        }
    }

    private long highest() {
        try (Stream<Path> images = Files.list(launch.checkpointsDir())) {
            return images.mapToLong(FakeStep::sequenceOf).max().orElse(-1);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static long sequenceOf(Path image) {
        return Long.parseLong(image.getFileName().toString());
    }
}
