package dev.cairn.workflow.plan;

import dev.cairn.workflow.value.Value;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * One run of a step's action; immutable.
 *
 * @param id the step's id, or {@code <step-id>.<index>} in a matrix: the name of its folder
 * @param index from 1; 0 if it represents a matrix that is not decided yet
 * @param values its values of {@code matrix.NAME}; empty outside a matrix
 */
public record Instance(String id, int index, Map<String, Value> values) {
    public Instance {
        values = Collections.unmodifiableMap(new LinkedHashMap<>(values));
    }

    /** An instance for each combination, in order. */
    public static List<Instance> ofMatrix(String step, List<Map<String, Value>> combinations) {
        List<Instance> instances = new ArrayList<>();
        for (Map<String, Value> values : combinations) {
            int index = instances.size() + 1;
            instances.add(new Instance(step + "." + index, index, values));
        }
        return List.copyOf(instances);
    }

    /**
     * The name for people: {@code align[s2, 4]} with the values of a matrix, else the id. Two instances with equal
     * values have the same name.
     */
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
