package dev.cairn.workflow.spec;

import java.util.Optional;
import java.util.Set;

/**
 * What is done when a run reaches a state; immutable.
 *
 * @param step what is done; absent only in a file with problems
 */
public record Notification(Set<Event> on, Optional<Step> step) {

    public Notification {
        on = Set.copyOf(on);
    }

    /** In the file in lower case. */
    public enum Event {
        STARTED,
        SUCCEEDED,
        FAILED,
        INTERRUPTED,
        CANCELLED
    }
}
