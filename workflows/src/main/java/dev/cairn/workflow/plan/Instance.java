package dev.cairn.workflow.plan;

import dev.cairn.workflow.value.Value;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;

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

    /** For people: {@code align[s2, 4]} with the values of a matrix, else the id. Two instances with equal values share one. */
    public String label() {
        return values.isEmpty()
                ? id
                : id.substring(0, id.length() - ("." + index).length())
                        + values.values().stream()
                                .map(Value::text)
                                .map(text -> text.strip().replaceAll("\\s+", " "))
                                .collect(Collectors.joining(", ", "[", "]"));
    }
}
