package dev.cairn.run.failure;

/**
 * The runner cannot go on with a run, though the run could: its manifest cannot be written, it was taken over, a step cannot be
 * looked after. Nothing was ended; the steps go on under their supervisors and the next runner takes them up.
 */
public final class RunnerFailedException extends Exception {
    private static final long serialVersionUID = 1;

    public RunnerFailedException(Throwable cause) {
        super(cause.getMessage(), cause);
    }
}
