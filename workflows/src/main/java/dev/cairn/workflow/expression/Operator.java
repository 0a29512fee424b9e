package dev.cairn.workflow.expression;

/** The operators with two operands, lowest precedence first. */
public enum Operator {
    OR("||", 1),
    AND("&&", 2),
    EQUAL("==", 3),
    UNEQUAL("!=", 3),
    LESS("<", 4),
    AT_MOST("<=", 4),
    GREATER(">", 4),
    AT_LEAST(">=", 4),
    PLUS("+", 5),
    MINUS("-", 5),
    TIMES("*", 6),
    /** Division of whole numbers, rounded towards zero. */
    DIVIDE("/", 6),
    REMAINDER("%", 6);

    private final String symbol;
    private final int binding;

    Operator(String symbol, int binding) {
        this.symbol = symbol;
        this.binding = binding;
    }

    public String symbol() {
        return symbol;
    }

    /** The higher, the tighter. */
    int binding() {
        return binding;
    }
}
