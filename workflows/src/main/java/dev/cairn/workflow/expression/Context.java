package dev.cairn.workflow.expression;

import dev.cairn.workflow.value.Value;
import java.io.IOException;
import java.util.List;
import java.util.Optional;

/** What an expression can see. */
public interface Context {

    /** The value of {@code inputs}, {@code matrix}, ...; empty when there is no such context here. */
    Optional<Value> value(String context);

    /** What {@code steps.ID} is; empty when nothing is known of such a step. */
    Optional<Value> step(String id);

    /**
     * The output of that instance of a matrix step whose values the asking instance has too, null when it was skipped or does not
     * exist; empty when the two steps' matrices have nothing to do with each other.
     */
    default Optional<Value> paired(String stepId, String output) {
        return Optional.empty();
    }

    Upstream upstream();

    /** The content of a text file, for {@code read(path)}. */
    String read(String path) throws IOException;

    /**
     * The files that match a pattern of a shell, sorted.
     *
     * @throws IOException when a folder cannot be read, or there are too many
     */
    List<String> glob(String pattern) throws IOException;
}
