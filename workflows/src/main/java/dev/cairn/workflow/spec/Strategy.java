package dev.cairn.workflow.spec;

import dev.cairn.workflow.expression.Parameter;
import dev.cairn.workflow.problem.Place;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;

/**
 * How a step is multiplied; immutable.
 *
 * @param axes the values of each name: every combination is an instance
 * @param include added to the instances whose values it shares, or further instances
 * @param exclude combinations that are left out
 * @param maxParallel empty for any number at a time
 */
public record Strategy(
        Place place,
        Map<String, Parameter> axes,
        List<Map<String, Parameter>> include,
        List<Map<String, Parameter>> exclude,
        OptionalInt maxParallel,
        boolean failFast) {

    public Strategy {
        axes = Collections.unmodifiableMap(new LinkedHashMap<>(axes));
        include = List.copyOf(include);
        exclude = List.copyOf(exclude);
    }
}
