package dev.cairn.daemon;

/** The daemon cannot start or continue; the message says why and what to do. */
public final class DaemonException extends Exception {
    private static final long serialVersionUID = 1;

    DaemonException(String message) {
        super(message);
    }

    public DaemonException(String message, Throwable cause) {
        super(message, cause);
    }
}
