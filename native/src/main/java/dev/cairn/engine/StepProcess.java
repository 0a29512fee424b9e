package dev.cairn.engine;

import java.time.Duration;
import java.util.Optional;

/** A running step. Thread-safe. Closing detaches from the step; the step continues to run. */
public interface StepProcess extends AutoCloseable {
    /** How late a step is that only looks for news. */
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

    /** TERM to every process, KILL after the grace; the attempt ends with this cause. Returns at once. */
    void end(EndCause cause, Duration grace) throws EngineException;

    /** How it ended, or empty while it runs. */
    Optional<StepExit> exit() throws EngineException;

    /** Waits at most this long for the end. Empty if the step still runs, or if its supervisor was killed. Can be interrupted. */
    Optional<StepExit> awaitExit(Duration atMost) throws EngineException, InterruptedException;

    /** Like {@link #awaitExit}, but returns soon when something new is in its attempt's folder. For the one thread that follows it. */
    default Optional<StepExit> awaitNews(Duration atMost) throws EngineException, InterruptedException {
        return awaitExit(atMost.compareTo(SOON) < 0 ? atMost : SOON);
    }

    /** Whether it may have left something new in its attempt's folder since the last call. For the one thread that follows it. */
    default boolean mayHaveNews() {
        return true;
    }

    /** The step's terminal, when it was started with one: bytes both ways. */
    TerminalChannel attachTerminal() throws EngineException;

    @Override
    void close();
}
