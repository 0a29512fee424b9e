package dev.cairn.run.manifest;

import java.util.Locale;

/** How far a step has come. The wire form is the name in lower case. */
public enum StepState {
    /** The step waits for steps that it needs. */
    PENDING,
    /** The step could start, and waits for cpus or memory. */
    READY,
    /** The step waits for the time of its next attempt. */
    WAITING,
    RUNNING,
    /** The step was stopped with an image, and resumes only on request. */
    PAUSED,
    /** The step was stopped by Ctrl-C or the end of its runner; the next runner resumes it. */
    INTERRUPTED,
    SUCCEEDED,
    FAILED,
    SKIPPED,
    CANCELLED,
    /** The step was stopped because the host was needed; the next runner resumes it. */
    PREEMPTED,
    /** Its last attempt ended without a report; the next runner resumes it. */
    LOST;

    public String wire() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** Whether the state is final: it changes in this run only if a person asks. */
    public boolean isFinal() {
        return this == SUCCEEDED || this == FAILED || this == SKIPPED || this == CANCELLED;
    }

    /** @throws IllegalArgumentException for a text that this version does not write */
    static StepState fromWire(String text) {
        return valueOf(text.toUpperCase(Locale.ROOT));
    }
}
