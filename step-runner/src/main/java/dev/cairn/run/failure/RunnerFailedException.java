package dev.cairn.run.failure;

/**
 * This runner cannot continue a run: its manifest cannot be written, another runner took it over, or a step cannot be supervised.
 * Nothing was ended: the steps continue under their supervisors, and the next runner attaches to them.
 */
public final class RunnerFailedException extends Exception {
    private static final long serialVersionUID = 1;

    public RunnerFailedException(Throwable cause) {
        super(cause.getMessage(), cause);
    }
}
