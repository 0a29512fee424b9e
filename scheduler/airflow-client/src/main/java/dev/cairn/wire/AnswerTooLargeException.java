package dev.cairn.wire;

import java.io.IOException;

/** An answer exceeds the number of bytes that are read. Another try does not help. */
public final class AnswerTooLargeException extends IOException {
    private static final long serialVersionUID = 1;

    AnswerTooLargeException(long most) {
        super("the answer is larger than " + most / (1024 * 1024) + " MiB");
    }
}
