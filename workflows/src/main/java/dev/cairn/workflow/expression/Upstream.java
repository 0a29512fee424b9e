package dev.cairn.workflow.expression;

/**
 * How the run goes, seen by a step whose turn has come.
 *
 * @param failed a step that it needs, directly or not, failed (and had no {@code continue_on_error})
 * @param cancelled the run, or a step that it needs, directly or not, was cancelled
 * @param absent the workflow file that the step is written in is used by a step that was skipped
 */
public record Upstream(boolean failed, boolean cancelled, boolean absent) {

    public static final Upstream WELL = new Upstream(false, false, false);

    public Upstream(boolean failed, boolean cancelled) {
        this(failed, cancelled, false);
    }

    public Upstream and(Upstream other) {
        return new Upstream(failed || other.failed, cancelled || other.cancelled, absent || other.absent);
    }

    public boolean succeeded() {
        return !failed && !cancelled;
    }
}
