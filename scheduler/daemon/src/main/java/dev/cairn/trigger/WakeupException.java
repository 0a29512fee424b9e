package dev.cairn.trigger;

/** The alarm clock cannot do its work, mostly because its database cannot. The message says why. */
public final class WakeupException extends Exception {
    private static final long serialVersionUID = 1;

    WakeupException(String what, Throwable cause) {
        super(what + ": " + cause.getMessage(), cause);
    }
}
