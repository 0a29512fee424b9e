package dev.cairn.engine;

import java.time.Duration;
import java.util.Optional;

/** A running step. Thread-safe. Closing detaches from the step; the step continues to run. */
public interface StepProcess extends AutoCloseable {
    /** The delay with which {@link #awaitNews} notices news at the latest. */
    Duration SOON = Duration.ofMillis(100);

    /** Identity of the supervisor in its own pid namespace: pid and start time (clock ticks since boot, from {@code /proc/PID/stat}). */
    ProcessIdentity supervisor();

    /** Whether the supervisor runs. It records the end of the step before it exits. */
    boolean isAlive() throws EngineException;

    StepStatus status() throws EngineException;

    /**
     * Takes a checkpoint and waits until it is published.
     *
     * @throws EngineException if no image could be taken; the step continues unchanged
     */
    ImageInfo checkpoint(CheckpointRequest request) throws EngineException;

    /** Sends a signal to the step's root process. */
    void signal(int signo) throws EngineException;

    /**
     * Sends TERM to every process, and KILL after the grace period. The attempt ends with this cause. Returns at once.
     */
    void end(EndCause cause, Duration grace) throws EngineException;

    /** How it ended, or empty while it runs. */
    Optional<StepExit> exit() throws EngineException;

    /**
     * Waits at most this long for the end. Empty if the step still runs, or if its supervisor was killed. Can be
     * interrupted.
     */
    Optional<StepExit> awaitExit(Duration atMost) throws EngineException, InterruptedException;

    /**
     * As {@link #awaitExit}, but returns early when the attempt's folder changes. Only the one thread that follows the
     * step may call it.
     */
    default Optional<StepExit> awaitNews(Duration atMost) throws EngineException, InterruptedException {
        return awaitExit(atMost.compareTo(SOON) < 0 ? atMost : SOON);
    }

    /**
     * Whether the attempt's folder may have changed since the last call. Only the one thread that follows the step may
     * call it.
     */
    default boolean mayHaveNews() {
        return true;
    }

    /** The step's terminal, in both directions, if the step was started with one. */
    TerminalChannel attachTerminal() throws EngineException;

    @Override
    void close();
}
