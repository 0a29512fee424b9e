package dev.cairn.workflow.expression;

import dev.cairn.workflow.problem.Position;

/** An expression cannot be parsed or has no value. The exception names the part that causes it. */
public final class ExpressionException extends Exception {

    private static final long serialVersionUID = 1L;

    private final transient Position position;
    private final String reason;

    public ExpressionException(Position position, String message) {
        super(message);
        this.position = position;
        this.reason = message;
    }

    public Position position() {
        return position;
    }

    /** The reason, for a {@link dev.cairn.workflow.problem.Problem}. */
    public String reason() {
        return reason;
    }
}
