package dev.cairn.workflow.expression;

import dev.cairn.workflow.problem.Position;

/** Where the characters of a text stand in the file it was read from. */
@FunctionalInterface
public interface Locator {

    /** @param offset into the text, in chars */
    Position at(int offset);
}
