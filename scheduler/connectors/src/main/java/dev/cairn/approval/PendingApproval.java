package dev.cairn.approval;

import dev.cairn.engine.CheckpointRequest;
import dev.cairn.engine.EndCause;
import dev.cairn.engine.EngineException;
import dev.cairn.engine.ImageInfo;
import dev.cairn.engine.ProcessIdentity;
import dev.cairn.engine.StepExit;
import dev.cairn.engine.StepProcess;
import dev.cairn.engine.StepStatus;
import dev.cairn.engine.TerminalChannel;
import dev.cairn.host.Processes;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * An approval that nobody has decided on, as a step that runs. Thread-safe; the file is looked at by the thread that waits for the end. It
 * has no process: its "supervisor" is this runner.
 */
final class PendingApproval implements StepProcess {
    /** The file may be written on another host, of which no event tells. */
    private static final Duration LOOK_EVERY = Duration.ofSeconds(1);

    private final Path attempt;
    private final Instant askedAt;
    private final Optional<Instant> until;
    private final Clock clock;
    private final Object lock = new Object();
    private @Nullable StepExit exit;

    PendingApproval(Path attempt, Approval approval, Clock clock) {
        this.attempt = attempt;
        this.askedAt = approval.askedAt();
        this.until = approval.until();
        this.clock = clock;
    }

    @Override
    public Optional<StepExit> awaitExit(Duration atMost) throws EngineException, InterruptedException {
        long deadline = System.nanoTime() + atMost.toNanos();
        look();
        synchronized (lock) {
            while (exit == null) {
                long left = deadline - System.nanoTime();
                if (left <= 0) {
                    return Optional.empty();
                }
                lock.wait(Math.max(1, Math.min(left, LOOK_EVERY.toNanos()) / 1_000_000));
                if (exit == null) {
                    look();
                }
            }
            return Optional.of(exit);
        }
    }

    private void look() throws EngineException {
        try {
            Optional<Approval> found = Approval.read(attempt);
            Optional<Approval.Decision> decision = found.flatMap(Approval::decision);
            if (decision.isPresent()) {
                found.get().take();
                Approval.Decision made = decision.get();
                conclude(made.approved() ? EndCause.SUCCESS : EndCause.FAILURE, made.words());
            } else if (until.filter(end -> !clock.instant().isBefore(end)).isPresent()) {
                conclude(EndCause.TIMEOUT, "nobody has decided in time");
            }
        } catch (IOException e) {
            throw new EngineException(0, "the decision cannot be read: " + e.getMessage());
        }
    }

    private void conclude(EndCause cause, String message) {
        synchronized (lock) {
            if (exit == null) {
                exit = new StepExit(
                        cause,
                        cause == EndCause.SUCCESS ? OptionalInt.of(0) : OptionalInt.empty(),
                        OptionalInt.empty(),
                        clock.instant(),
                        running(),
                        message,
                        OptionalLong.empty(),
                        false);
            }
            lock.notifyAll();
        }
    }

    private Duration running() {
        Duration running = Duration.between(askedAt, clock.instant());
        return running.isNegative() ? Duration.ZERO : running;
    }

    @Override
    public ProcessIdentity supervisor() {
        try {
            return Processes.current();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public boolean isAlive() {
        return true;
    }

    @Override
    public StepStatus status() {
        return new StepStatus(
                StepStatus.State.RUNNING,
                running(),
                OptionalLong.empty(),
                Optional.empty(),
                0,
                0,
                false,
                Optional.empty(),
                OptionalLong.empty(),
                OptionalLong.empty());
    }

    @Override
    public ImageInfo checkpoint(CheckpointRequest request) throws EngineException {
        throw new EngineException(0, "an approval has no image; it is asked for again");
    }

    @Override
    public void signal(int signo) throws EngineException {
        throw new EngineException(0, "an approval has no process to signal");
    }

    @Override
    public void end(EndCause cause, Duration grace) {
        conclude(cause, "");
    }

    @Override
    public Optional<StepExit> exit() {
        synchronized (lock) {
            return Optional.ofNullable(exit);
        }
    }

    @Override
    public TerminalChannel attachTerminal() throws EngineException {
        throw new EngineException(0, "an approval has no terminal");
    }

    @Override
    public void close() {}
}
