package dev.cairn.workflow.spec;

import java.util.Locale;

/** Something that becomes of a run or of a step. */
public enum Change {
    RUN_STARTED,
    /** Another runner resumed the run, or it was opened again. */
    RUN_RESUMED,
    RUN_PAUSED,
    RUN_INTERRUPTED,
    RUN_SUCCEEDED,
    RUN_FAILED,
    RUN_CANCELLED,
    /** An attempt of the step has started, from its beginning or from an image. */
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

    /** As it is written everywhere: {@code run.succeeded}. */
    public String wire() {
        return name().toLowerCase(Locale.ROOT).replace('_', '.');
    }
}
