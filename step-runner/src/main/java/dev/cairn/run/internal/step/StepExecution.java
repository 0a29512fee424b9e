package dev.cairn.run.internal.step;

import dev.cairn.engine.EndCause;
import dev.cairn.engine.EngineException;
import dev.cairn.run.control.RunningStep;
import dev.cairn.run.failure.ImageRefusedException;
import dev.cairn.run.failure.StepElsewhereException;
import dev.cairn.run.internal.resume.NextAction;
import dev.cairn.run.internal.resume.ResumeChoice;
import java.io.IOException;
import java.time.Duration;
import java.util.OptionalLong;

/**
 * One execution of a step, here or in a job: from its start, or from attaching to it, to its end.
 *
 * <p>{@link #run} belongs to the step's thread, which owns the manifest meanwhile. The other methods may be called from
 * any thread.
 */
public interface StepExecution extends RunningStep {
    /**
     * Runs the execution.
     *
     * @return what follows for the step, as the manifest already records
     * @throws InterruptedException if this runner detaches; the step continues
     * @throws StepElsewhereException if an open attempt may still run on a host that cannot be seen from here
     */
    NextAction run(ResumeChoice wish) throws IOException, EngineException, ImageRefusedException, InterruptedException;

    /**
     * Takes a checkpoint and waits until it is published.
     *
     * @return the image's sequence; empty if the engine makes none
     * @throws EngineException if none could be taken; the step continues
     */
    OptionalLong checkpoint(String reason) throws EngineException, InterruptedException;

    /**
     * Stops the step with an image, or without one if its engine makes none.
     *
     * @param anyway stops even if the image fails
     * @return the image's sequence; empty if the engine makes none
     * @throws EngineException if the image failed; the step runs on
     */
    OptionalLong stop(EndCause cause, String reason, boolean anyway) throws EngineException, InterruptedException;

    /**
     * Called when the runner exits: stops steps that need the runner, as {@link #stop} does; others continue.
     *
     * @param anyway stops even if the image fails
     */
    default OptionalLong leave(EndCause cause, String reason, boolean anyway)
            throws EngineException, InterruptedException {
        return stop(cause, reason, anyway);
    }

    /** Ends the step for good, with its grace period. Returns at once. */
    void cancel() throws EngineException, InterruptedException;

    /** Ends the step without an image. Returns at once. */
    void end(EndCause cause, Duration grace) throws EngineException, InterruptedException;
}
