package dev.cairn.run.failure;

import java.io.IOException;

/** A name fits no run, or more than one. */
public final class NoSuchRunException extends IOException {
    private static final long serialVersionUID = 1;

    public NoSuchRunException(String message) {
        super(message);
    }
}
