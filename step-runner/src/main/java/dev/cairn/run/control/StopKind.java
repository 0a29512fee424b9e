package dev.cairn.run.control;

import dev.cairn.engine.EndCause;
import dev.cairn.run.manifest.RunState;

/** The ways to stop a run before its end. */
public enum StopKind {
    /** By Ctrl-C, or the end of the runner: takes images; the next runner resumes the run. */
    INTERRUPT(EndCause.INTERRUPTED, RunState.INTERRUPTED),
    /** The host is needed for another purpose: takes images, and stops a step without one if its image fails. */
    PREEMPT(EndCause.PREEMPTED, RunState.INTERRUPTED),
    /** Takes images; the run resumes only on request. */
    PAUSE(EndCause.PAUSED, RunState.PAUSED),
    /** For good, without images. */
    CANCEL(EndCause.CANCELLED, RunState.CANCELLED);

    private final EndCause cause;
    private final RunState leaves;

    StopKind(EndCause cause, RunState leaves) {
        this.cause = cause;
        this.leaves = leaves;
    }

    /** Why its attempts end. */
    public EndCause cause() {
        return cause;
    }

    /** The state that the run has afterwards. */
    public RunState leaves() {
        return leaves;
    }
}
