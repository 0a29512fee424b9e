package dev.cairn.schedule;

import java.util.Locale;

/** What has become of a time of a schedule. The wire form is the name in lower case. */
public enum TickState {
    /** Its jitter has not passed yet. */
    WAITING,
    /** Waits until there is room for its run. */
    QUEUED,
    /** Waited when its schedule was paused, and waits on until that is unpaused. */
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
    /** There was no room, and {@code on_overlap} is {@code skip}. */
    SKIPPED,
    /** It passed while no daemon ran, and {@code missed} leaves it out. */
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

    /** Final: the tick will have no run. */
    public boolean isFinal() {
        return compareTo(SUCCEEDED) >= 0;
    }

    /** It has no run yet, and could be decided otherwise. */
    public boolean waits() {
        return this == WAITING || this == QUEUED;
    }

    /** Its run takes one of the places that {@code concurrency.limit} allows. */
    public boolean takesPlace() {
        return this == RUNNING || this == PARKING || this == CANCELLING;
    }
}
