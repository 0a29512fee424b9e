package dev.cairn.workflow.cron;

/** A text is no cron expression, or names no time at all. The message gives the reason, for a person. */
public final class CronException extends Exception {

    private static final long serialVersionUID = 1;

    CronException(String message) {
        super(message);
    }
}
