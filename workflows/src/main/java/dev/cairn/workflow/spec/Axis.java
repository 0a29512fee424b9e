package dev.cairn.workflow.spec;

import dev.cairn.workflow.expression.Parameter;

/**
 * The values of one name of a matrix; immutable.
 *
 * @param values what the kind says
 */
public record Axis(Kind kind, Parameter values) {

    /** The source of the values. */
    public enum Kind {
        /** They are a list, or a text with commas or spaces between them. */
        LIST,
        /** They are the lines of a text file, whose path is given. */
        LINES,
        /** They are the items of a JSON array in a file, whose path is given. */
        JSON,
        /** They are the paths that match a pattern. */
        GLOB
    }

    /** Whether they are found in files, and so only while the run runs. */
    public boolean readsFiles() {
        return kind != Kind.LIST;
    }
}
