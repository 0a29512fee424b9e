package dev.cairn.workflow.internal.read;

import dev.cairn.workflow.problem.Problems;
import dev.cairn.yaml.Node;
import java.util.Map;
import java.util.Optional;

/** A type of value in the file: reads it, and describes it in the JSON Schema. Immutable. */
interface Type<T> {

    /**
     * @param problems receives every problem within {@code node}
     * @return the readable part of the value; empty if there is none
     */
    Optional<T> read(Node node, Problems problems);

    /** @param definitions collects the descriptions to which the schema refers by name */
    Map<String, Object> schema(Definitions definitions);
}
