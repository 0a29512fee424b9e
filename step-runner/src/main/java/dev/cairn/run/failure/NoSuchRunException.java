package dev.cairn.run.failure;

import java.io.IOException;

/** No run, or more than one, goes by a name. */
public final class NoSuchRunException extends IOException {
    private static final long serialVersionUID = 1;

    public NoSuchRunException(String message) {
        super(message);
    }
}
