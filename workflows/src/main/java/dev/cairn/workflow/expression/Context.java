package dev.cairn.workflow.expression;

import dev.cairn.workflow.value.Value;
import java.io.IOException;
import java.util.List;
import java.util.Optional;

/** The values that an expression can use. */
public interface Context {

    /** The value of {@code inputs}, {@code matrix}, ...; empty if this place has no such context. */
    Optional<Value> value(String context);

    /** The value of {@code steps.ID}; empty if no such step is known. */
    Optional<Value> step(String id);

    /**
     * The output of the instance of a matrix step that has the same values as the asking instance. Null if that
     * instance was skipped or does not exist; empty if the matrices of the two steps are unrelated.
     */
    default Optional<Value> paired(String stepId, String output) {
        return Optional.empty();
    }

    Upstream upstream();

    /** The content of a text file, for {@code read(path)}. */
    String read(String path) throws IOException;

    /**
     * The files that match a shell pattern, sorted.
     *
     * @throws IOException if a folder cannot be read, or there are too many
     */
    List<String> glob(String pattern) throws IOException;
}
