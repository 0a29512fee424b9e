package dev.cairn.workflow.expression;

import dev.cairn.workflow.problem.Position;

/** Maps the characters of a text to their positions in the file. */
@FunctionalInterface
public interface Locator {

    /** @param offset index into the text, in chars */
    Position at(int offset);
}
