package dev.cairn.engine;

import java.util.Objects;

/** An engine could not do what was asked; the message says what, on which object, and what to do. */
public final class EngineException extends Exception {
    private static final long serialVersionUID = 1;
    /** {@code CAIRN_EGONE} of cairn.h: the step or its supervisor is gone, or is about to. */
    public static final int GONE = 1015;

    /** {@code CAIRN_EHELD} of cairn.h: the step runs elsewhere, out of reach. */
    public static final int HELD = 1016;

    private final int code;

    public EngineException(int code, String message) {
        super(message);
        this.code = code;
    }

    @Override
    public String getMessage() {
        return Objects.requireNonNull(super.getMessage());
    }

    /** An errno, or one of the codes of {@code cairn.h} (1000 and above). */
    public int code() {
        return code;
    }
}
