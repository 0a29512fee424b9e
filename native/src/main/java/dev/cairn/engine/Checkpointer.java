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

    /** The name that {@code checkpoint.engine} chooses: {@code native}, {@code app}, {@code none}, ... */
    String name();

    /**
     * Whether a step is stopped with an image. Where it is not, it is ended, and the next attempt begins without one: what it
     * had is lost, or is kept somewhere else.
     */
    default boolean takesImages() {
        return true;
    }

    /** A message for the user when such a step has started; empty for none. */
    default Optional<String> notice(StepLaunch launch) {
        return Optional.empty();
    }

    /** What this host allows, one finding per need of this engine; never fails. */
    List<HostFinding> check();

    /**
     * Starts a step, or resumes it from {@link StepLaunch#restoreFrom}. Returns when the step runs.
     *
     * @throws EngineException when it cannot be started; nothing of it is left running
     */
    StepProcess start(StepLaunch launch) throws EngineException;

    /**
     * Attaches to the step of an attempt whose runner died. A step that had not started by then never starts.
     *
     * @return empty when no supervisor of that attempt is alive; {@link StepProcess#exit()} is then unknown; {@link #exitOf} knows the end
     * @throws EngineException with {@link EngineException#HELD} when one is, out of reach
     */
    Optional<StepProcess> attach(Path attemptDir) throws EngineException;

    /**
     * The status of an attempt's step. Unlike {@link #attach}, this changes nothing.
     *
     * @return empty when no supervisor of that attempt is alive here
     */
    default Optional<StepStatus> statusOf(Path attemptDir) throws EngineException {
        return Optional.empty();
    }

    /** How an attempt ended, from what its supervisor left; empty while it runs or when the supervisor was killed. */
    Optional<StepExit> exitOf(Path attemptDir) throws EngineException;

    /** What the attempt's supervisor has journalled so far, in order, failed checkpoints included. */
    List<CheckpointOutcome> checkpointsOf(Path attemptDir) throws EngineException;

    /**
     * What a published image says of itself: for the one that a supervisor was killed before it could journal. Its reason is
     * then {@code unknown}, and how long it took is zero.
     *
     * @throws EngineException when it is not whole or not trusted
     */
    ImageInfo describe(Path image) throws EngineException;

    /**
     * Why a step cannot be resumed from an image on this host: the image is incomplete, altered, not trusted, or made for another
     * kind of host.
     *
     * @return empty when it can, else the reason, as a sentence
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

    /** Removes what an attempt's folder holds only for those who follow it, once it has ended; its end stays. */
    default void discard(Path attemptDir) throws IOException {}
}
