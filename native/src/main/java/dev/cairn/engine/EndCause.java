package dev.cairn.engine;

import java.util.Locale;

/** Why an attempt ended. The wire form is the name in lower case. */
public enum EndCause {
    SUCCESS,
    FAILURE,
    TIMEOUT,
    OOM,
    /** A process of the step received SIGKILL from somebody other than Cairn. */
    KILLED,
    PREEMPTED,
    LOST,
    INTERRUPTED,
    PAUSED,
    CANCELLED,
    RESTORE_FAILED,
    /** Nothing was restored, since others changed files of the step: its user decides what becomes of them. */
    FILES_CHANGED;

    public String wire() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** @throws IllegalArgumentException for a text that no version of Cairn writes */
    public static EndCause fromWire(String text) {
        return valueOf(text.toUpperCase(Locale.ROOT));
    }
}
