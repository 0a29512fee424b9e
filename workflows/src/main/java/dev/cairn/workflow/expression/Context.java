package dev.cairn.workflow.expression;

import dev.cairn.workflow.value.Value;
import java.io.IOException;
import java.util.Optional;

/** What an expression can see. */
public interface Context {

    /** The value of {@code inputs}, {@code matrix}, ...; empty when there is no such context here. */
    Optional<Value> value(String context);

    /** What {@code steps.ID} is; empty when nothing is known of such a step. */
    Optional<Value> step(String id);

    Upstream upstream();

    /** The content of a text file, for {@code read(path)}. */
    String read(String path) throws IOException;
}
