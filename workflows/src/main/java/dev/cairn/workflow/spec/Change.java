package dev.cairn.workflow.spec;

import java.util.Locale;

/** An event of a run or of a step that can be notified. */
public enum Change {
    RUN_STARTED,
    /** Another runner resumed the run, or the run was reopened. */
    RUN_RESUMED,
    RUN_PAUSED,
    RUN_INTERRUPTED,
    RUN_SUCCEEDED,
    RUN_FAILED,
    RUN_CANCELLED,
    /** An attempt of the step has started, from the beginning or from an image. */
    STEP_STARTED,
    /** The step waits for its next attempt. */
    STEP_WAITING,
    STEP_PAUSED,
    STEP_INTERRUPTED,
    STEP_PREEMPTED,
    STEP_LOST,
    STEP_SUCCEEDED,
    STEP_FAILED,
    STEP_SKIPPED,
    STEP_CANCELLED;

    /** The name of the event, the same everywhere: {@code run.succeeded}. */
    public String wire() {
        return name().toLowerCase(Locale.ROOT).replace('_', '.');
    }
}
