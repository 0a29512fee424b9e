package dev.cairn.schedule;

import java.util.Locale;

/** The state of a tick. The wire form is the name in lower case. */
public enum TickState {
    /** Its jitter has not passed yet. */
    WAITING,
    /** It waits until there is room for its run. */
    QUEUED,
    /** It was waiting when its schedule was paused, and waits until the schedule is unpaused. */
    HELD,
    /** Its run is active. */
    RUNNING,
    /** Its run is being checkpointed and stopped. */
    PARKING,
    /** Its run was checkpointed and stopped; a later tick resumes it. */
    PARKED,
    /** Its run is being cancelled. */
    CANCELLING,
    SUCCEEDED,
    FAILED,
    CANCELLED,
    /** It was skipped, because there was no room and {@code on_overlap} is {@code skip}. */
    SKIPPED,
    /** Its time passed while no daemon ran, and {@code missed} does not make up for it. */
    MISSED,
    /** At this time a run that was still running was checkpointed and stopped. */
    CHECKPOINTED,
    /** At this tick a stopped run was resumed. */
    CONTINUED;

    public String wire() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** @throws IllegalArgumentException for a text that this version does not write */
    public static TickState fromWire(String text) {
        return valueOf(text.toUpperCase(Locale.ROOT));
    }

    /** Whether the state is final and the tick has no active run. */
    public boolean isFinal() {
        return compareTo(SUCCEEDED) >= 0;
    }

    /** Whether it has no run yet, so that the decision may still change. */
    public boolean waits() {
        return this == WAITING || this == QUEUED;
    }

    /** Whether its run counts against {@code concurrency.limit}. */
    public boolean takesPlace() {
        return this == RUNNING || this == PARKING || this == CANCELLING;
    }
}
