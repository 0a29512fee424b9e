package dev.cairn.run;

/**
 * Nothing was started: another process runs the run, it is paused, the workflow is invalid, or this host cannot run it.
 * The message gives the reason; {@link #result} gives it as a typed value.
 */
public final class RunNotStartedException extends Exception {
    private static final long serialVersionUID = 1;
    private final transient OpenResult result;

    RunNotStartedException(OpenResult result) {
        super(result.words());
        this.result = result;
    }

    /** {@link OpenResult.Held}, {@link OpenResult.Paused}, {@link OpenResult.Invalid} or {@link OpenResult.Refused}. */
    public OpenResult result() {
        return result;
    }
}
