package dev.cairn.workflow.plan;

import dev.cairn.workflow.value.Value;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * One run of a step's action; immutable.
 *
 * @param id the step's id, or {@code <step-id>.<index>} in a matrix: the name of its folder
 * @param index counted from 1
 * @param values what {@code matrix.NAME} means to it; empty outside a matrix
 */
public record Instance(String id, int index, Map<String, Value> values) {
    public Instance {
        values = Collections.unmodifiableMap(new LinkedHashMap<>(values));
    }
}
