package dev.cairn.workflow.spec;

import dev.cairn.workflow.expression.Parameter;

/**
 * The values of one name of a matrix; immutable.
 *
 * @param values their source, as the kind defines
 */
public record Axis(Kind kind, Parameter values) {

    /** The source of the values. */
    public enum Kind {
        /** The values are a list, or a text with commas or spaces between them. */
        LIST,
        /** The values are the lines of a text file, whose path is given. */
        LINES,
        /** The values are the items of a JSON array in a file, whose path is given. */
        JSON,
        /** The values are the paths that match a pattern. */
        GLOB
    }

    /** Whether the values come from files, and so are known only during the run. */
    public boolean readsFiles() {
        return kind != Kind.LIST;
    }
}
