package dev.cairn.run.control;

import dev.cairn.engine.EngineException;
import dev.cairn.engine.StepProcess;
import dev.cairn.engine.StepStatus;

/** A step that runs or is about to run, for requests to it. Thread-safe. */
public interface RunningStep {
    String stepId();

    /** @throws EngineException if the step does not run, or runs where it cannot be reached */
    StepStatus status() throws EngineException, InterruptedException;

    /**
     * The step's process, for its terminal.
     *
     * @throws EngineException if the step does not run on this host
     */
    StepProcess running() throws EngineException, InterruptedException;
}
