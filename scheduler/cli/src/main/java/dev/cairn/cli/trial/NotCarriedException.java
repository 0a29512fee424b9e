package dev.cairn.cli.trial;

/** The command cannot be checkpointed or restored; the message says why and what to do. */
final class NotCarriedException extends Exception {
    private static final long serialVersionUID = 1L;

    NotCarriedException(String message) {
        super(message);
    }
}
