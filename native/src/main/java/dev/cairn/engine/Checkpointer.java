package dev.cairn.engine;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * Runs a step so that it can be stopped at any instant and resumed from its last image.
 *
 * <p>Implementations are immutable and thread-safe. Every engine passes {@code CheckpointerContract}.
 */
public interface Checkpointer {

    /**
     * The name by which {@code checkpoint.engine} selects this engine: {@code native}, {@code app}, {@code none}, ...
     */
    String name();

    /**
     * Whether a step is stopped with an image. If not, the step is ended, and the next attempt begins without an image:
     * its state is lost, or is kept elsewhere.
     */
    default boolean takesImages() {
        return true;
    }

    /** A message for the user when a step of this engine has started; empty for none. */
    default Optional<String> notice(StepLaunch launch) {
        return Optional.empty();
    }

    /** What this host allows: one finding for each need of this engine. Never fails. */
    List<HostFinding> check();

    /**
     * Starts a step, or resumes it from {@link StepLaunch#restoreFrom}. Returns when the step runs.
     *
     * @throws EngineException if it cannot be started; no process of it is left
     */
    StepProcess start(StepLaunch launch) throws EngineException;

    /**
     * Attaches to the step of an attempt whose runner died. If the step has not started yet, it never will.
     *
     * @return empty if no supervisor of that attempt is alive; {@link #exitOf} then returns the end
     * @throws EngineException with {@link EngineException#HELD} if one is alive but cannot be reached from here
     */
    Optional<StepProcess> attach(Path attemptDir) throws EngineException;

    /**
     * The status of an attempt's step. Unlike {@link #attach}, this changes nothing.
     *
     * @return empty if no supervisor of that attempt is alive here
     */
    default Optional<StepStatus> statusOf(Path attemptDir) throws EngineException {
        return Optional.empty();
    }

    /** How an attempt ended, according to its supervisor; empty while it runs, or if the supervisor was killed. */
    Optional<StepExit> exitOf(Path attemptDir) throws EngineException;

    /** The supervisor's journal of an attempt so far, in order, including failed checkpoints. */
    List<CheckpointOutcome> checkpointsOf(Path attemptDir) throws EngineException;

    /**
     * What a published image says of itself: for the one that a supervisor was killed before it could journal. Its reason is
     * then {@code unknown}, and how long it took is zero.
     *
     * @throws EngineException when it is not whole or not trusted
     */
    ImageInfo describe(Path image) throws EngineException;

    /**
     * Why a step cannot be resumed from an image on this host: the image is incomplete, altered, not trusted, or made
     * for another kind of host.
     *
     * @return empty if it can, else the reason, as a sentence
     */
    Optional<String> unusable(Path image);

    /** The owner of the lease of a step's images; empty if there is none. */
    default Optional<Lease> lease(Path checkpointsDir) throws EngineException {
        return Optional.empty();
    }

    /** Whether another host may be able to use an image that this host cannot use. */
    default boolean fitsElsewhere(Path image) {
        return false;
    }

    /** Removes the files that an ended attempt's folder holds for its followers only. The record of its end stays. */
    default void discard(Path attemptDir) throws IOException {}
}
