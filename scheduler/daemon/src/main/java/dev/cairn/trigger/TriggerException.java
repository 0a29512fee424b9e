package dev.cairn.trigger;

/** Quartz cannot read or write its triggers, mostly because its database fails. The message says why. */
public final class TriggerException extends Exception {
    private static final long serialVersionUID = 1;

    TriggerException(String what, Throwable cause) {
        super(what + ": " + cause.getMessage(), cause);
    }
}
