package dev.cairn.run.control;

import dev.cairn.engine.EngineException;
import dev.cairn.engine.StepProcess;
import dev.cairn.engine.StepStatus;

/** A step that runs, or is about to, as its session knows it. Thread-safe. */
public interface RunningStep {
    String stepId();

    /** @throws EngineException when the step does not run, or not where it can be asked */
    StepStatus status() throws EngineException, InterruptedException;

    /**
     * The step's process, for its terminal.
     *
     * @throws EngineException when the step does not run, or not here
     */
    StepProcess running() throws EngineException, InterruptedException;
}
