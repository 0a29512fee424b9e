package dev.cairn.run.action;

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
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * A running step that has no process: its "supervisor" is this runner, and it runs until {@link #conclude}. Thread-safe. The first end counts.
 */
public abstract class ActionStep implements StepProcess {
    private final String subject;
    private final Instant startedAt;
    private final Clock clock;
    private @Nullable StepExit exit;

    /** Guards the state of the step; notified when the step ends. */
    protected final Object lock = new Object();

    /** @param subject the begin of messages: {@code an approval} */
    protected ActionStep(String subject, Instant startedAt, Clock clock) {
        this.subject = subject;
        this.startedAt = startedAt;
        this.clock = clock;
    }

    protected final Clock clock() {
        return clock;
    }

    /** Time since the start. Never negative, even if another host with another clock started the attempt. */
    protected final Duration running() {
        Duration running = Duration.between(startedAt, clock.instant());
        return running.isNegative() ? Duration.ZERO : running;
    }

    /**
     * Ends the step and wakes those that wait on {@link #lock}.
     *
     * @param retryable false for a failure that would occur again
     */
    protected final void conclude(EndCause cause, String message, boolean retryable) {
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
                        retryable);
            }
            lock.notifyAll();
        }
    }

    @Override
    public final Optional<StepExit> exit() {
        synchronized (lock) {
            return Optional.ofNullable(exit);
        }
    }

    @Override
    public final ProcessIdentity supervisor() {
        try {
            return Processes.current();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public final boolean isAlive() {
        return true;
    }

    @Override
    public final StepStatus status() {
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
    public final ImageInfo checkpoint(CheckpointRequest request) throws EngineException {
        throw new EngineException(0, subject + " has no image");
    }

    @Override
    public final void signal(int signo) throws EngineException {
        throw new EngineException(0, subject + " has no process to signal");
    }

    @Override
    public final TerminalChannel attachTerminal() throws EngineException {
        throw new EngineException(0, subject + " has no terminal");
    }

    @Override
    public void close() {}
}
