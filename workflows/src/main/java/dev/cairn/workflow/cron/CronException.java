package dev.cairn.workflow.cron;

/** A text is no cron expression, or one that names no time at all; the message says why, for a person. */
public final class CronException extends Exception {

    private static final long serialVersionUID = 1;

    CronException(String message) {
        super(message);
    }
}
