package dev.cairn.run.manifest;

import java.util.Locale;

/** How far a step has come. The wire form is the name in lower case. */
public enum StepState {
    /** Waits for steps that it needs. */
    PENDING,
    /** Could start, and waits for cpus or memory. */
    READY,
    /** Waits for the time of its next attempt. */
    WAITING,
    RUNNING,
    /** Stopped with an image; continued only when asked. */
    PAUSED,
    /** Stopped by Ctrl-C or the end of its runner; continued by the next one. */
    INTERRUPTED,
    SUCCEEDED,
    FAILED,
    SKIPPED,
    CANCELLED,
    /** Stopped since the host was wanted back; continued by the next runner. */
    PREEMPTED,
    /** Its last attempt ended without a report; the next runner resumes it. */
    LOST;

    public String wire() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** Nothing more happens to the step in this run unless a person asks. */
    public boolean isFinal() {
        return this == SUCCEEDED || this == FAILED || this == SKIPPED || this == CANCELLED;
    }

    /** @throws IllegalArgumentException for a text that this version does not write */
    static StepState fromWire(String text) {
        return valueOf(text.toUpperCase(Locale.ROOT));
    }
}
