package dev.cairn.workflow.expression;

/**
 * The status of the run, as a step sees it before it starts.
 *
 * @param failed whether a step that it needs, directly or not, failed (without {@code continue_on_error})
 * @param cancelled whether the run, or a step that it needs, directly or not, was cancelled
 * @param absent whether the step belongs to a workflow file whose using step was skipped
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
