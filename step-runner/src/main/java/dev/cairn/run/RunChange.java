package dev.cairn.run;

import java.util.List;

/**
 * The finished work that a resumed run keeps, and the work that it repeats; immutable.
 *
 * @param done instances of steps that have succeeded and are kept
 * @param total instances of steps in the workflow
 * @param edited whether the run takes over a changed workflow file
 * @param steps the changed steps, in the order of the file
 */
public record RunChange(int done, int total, boolean edited, List<Line> steps) {
    static final RunChange NONE = new RunChange(0, 0, false, List.of());

    public RunChange {
        steps = List.copyOf(steps);
    }

    /** @param reason for a person, e.g. {@code run, env.SIZE} */
    public record Line(String step, Kind kind, String reason) {
        String words() {
            return switch (kind) {
                case AGAIN -> "runs again: " + reason;
                case CHANGED -> "has changed: " + reason;
                case NEW -> "is new in the workflow file";
                case REMOVED -> "is no longer in the workflow file";
            };
        }
    }

    /** The effect on a step. */
    public enum Kind {
        /** The step had ended and runs again. */
        AGAIN,
        /** The step had not ended and continues with another definition; its images no longer fit. */
        CHANGED,
        NEW,
        REMOVED
    }
}
