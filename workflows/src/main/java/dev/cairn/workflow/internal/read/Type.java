package dev.cairn.workflow.internal.read;

import dev.cairn.workflow.problem.Problems;
import dev.cairn.yaml.Node;
import java.util.Map;
import java.util.Optional;

/** A type of value in the file: how to read it, and its JSON Schema. Immutable. */
interface Type<T> {

    /**
     * @param problems receives everything that is wrong within {@code node}
     * @return as much as could be read; empty when that is nothing
     */
    Optional<T> read(Node node, Problems problems);

    /** @param definitions takes up what is described once and referred to */
    Map<String, Object> schema(Definitions definitions);
}
