package dev.cairn.run.manifest;

import java.util.Locale;

/** How far a run has come. The wire form is the name in lower case. */
public enum RunState {
    RUNNING,
    PAUSED,
    INTERRUPTED,
    SUCCEEDED,
    FAILED,
    CANCELLED;

    public String wire() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** Ended; a failed run can still be resumed when asked. */
    public boolean isFinal() {
        return this == SUCCEEDED || this == FAILED || this == CANCELLED;
    }

    /** @throws IllegalArgumentException for a text that this version does not write */
    static RunState fromWire(String text) {
        return valueOf(text.toUpperCase(Locale.ROOT));
    }
}
