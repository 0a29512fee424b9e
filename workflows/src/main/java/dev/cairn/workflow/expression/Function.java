package dev.cairn.workflow.expression;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** The functions that an expression can call. */
public enum Function {
    /** True if no step that this one needs, directly or not, failed or was cancelled. */
    SUCCESS("success", 0, 0),
    /** True if a step that this one needs, directly or not, failed. */
    FAILURE("failure", 0, 0),
    /** Whatever happened. */
    ALWAYS("always", 0, 0),
    /** True while the run is being cancelled. */
    CANCELLED("cancelled", 0, 0),
    /** {@code contains(text, part)} or {@code contains(list, item)}. */
    CONTAINS("contains", 2, 2),
    STARTS_WITH("startsWith", 2, 2),
    ENDS_WITH("endsWith", 2, 2),
    /** {@code format('{0} of {1}', a, b)}. */
    FORMAT("format", 1, 10),
    /** {@code join(list, ', ')}; without a separator, a space. */
    JOIN("join", 1, 2),
    /** {@code read(path)}: a file's content without its trailing line ends. */
    READ("read", 1, 1),
    /** {@code lines(path)}: a file's lines that are not blank, as a list. */
    LINES("lines", 1, 1),
    /** {@code glob(pattern)}: the files that match, as a sorted list. */
    GLOB("glob", 1, 1),
    /** {@code fromJSON(text)}. */
    FROM_JSON("fromJSON", 1, 1),
    /** {@code toJSON(value)}. */
    TO_JSON("toJSON", 1, 1);

    private final String spelling;
    private final int least;
    private final int most;

    Function(String spelling, int least, int most) {
        this.spelling = spelling;
        this.least = least;
        this.most = most;
    }

    public String spelling() {
        return spelling;
    }

    /**
     * Whether it asks for the status of the run. A condition without such a function means {@code success() && (...)}.
     */
    public boolean asksStatus() {
        return this == SUCCESS || this == FAILURE || this == ALWAYS || this == CANCELLED;
    }

    /** Whether its value depends on files, and therefore on the time of the call. */
    public boolean readsFiles() {
        return this == READ || this == LINES || this == GLOB;
    }

    boolean takes(int arguments) {
        return least <= arguments && arguments <= most;
    }

    String arity() {
        String count = least == most ? Integer.toString(least) : least + " to " + most;
        return count + (most == 1 ? " argument" : " arguments");
    }

    static Optional<Function> of(String spelling) {
        return Arrays.stream(values())
                .filter(function -> function.spelling.equals(spelling))
                .findFirst();
    }

    static List<String> spellings() {
        return Arrays.stream(values()).map(Function::spelling).toList();
    }
}
