package dev.cairn.workflow.expression;

/**
 * How the run goes, seen by a step whose turn has come.
 *
 * @param failed a step that it needs, directly or not, failed (and had no {@code continue_on_error})
 * @param cancelled the run, or a step that it needs, directly or not, was cancelled
 */
public record Upstream(boolean failed, boolean cancelled) {

    public static final Upstream WELL = new Upstream(false, false);

    public Upstream and(Upstream other) {
        return new Upstream(failed || other.failed, cancelled || other.cancelled);
    }

    public boolean succeeded() {
        return !failed && !cancelled;
    }
}
