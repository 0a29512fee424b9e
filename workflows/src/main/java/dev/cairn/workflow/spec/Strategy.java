package dev.cairn.workflow.spec;

import dev.cairn.workflow.expression.Expression;
import dev.cairn.workflow.expression.Expression.Part;
import dev.cairn.workflow.expression.Parameter;
import dev.cairn.workflow.problem.Place;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/**
 * The matrix of a step; immutable.
 *
 * @param axes the values of each name: every combination is an instance
 * @param include values that are added to matching combinations, or further combinations
 * @param exclude combinations that are left out
 * @param maxParallel empty for any number at a time; computed from the inputs
 */
public record Strategy(
        Place place,
        Map<String, Axis> axes,
        List<Map<String, Parameter>> include,
        List<Map<String, Parameter>> exclude,
        Optional<Setting<Integer>> maxParallel,
        boolean failFast) {

    public Strategy {
        axes = Collections.unmodifiableMap(new LinkedHashMap<>(axes));
        include = List.copyOf(include);
        exclude = List.copyOf(exclude);
    }

    /** All templates in it. */
    public List<Parameter> parameters() {
        List<Parameter> all = new ArrayList<>();
        axes.values().forEach(axis -> all.add(axis.values()));
        include.forEach(values -> all.addAll(values.values()));
        exclude.forEach(values -> all.addAll(values.values()));
        return all;
    }

    /** Whether its values are known only during the run: they are in files, or depend on earlier steps. */
    public boolean isDecidedInRun() {
        if (axes.values().stream().anyMatch(Axis::readsFiles)) {
            return true;
        }
        List<Expression> askedInRun = new ArrayList<>();
        visit(expression -> {
            if (expression instanceof Expression.Reference reference
                            && reference.context().equals("steps")
                    || expression instanceof Expression.Call call
                            && call.function().readsFiles()) {
                askedInRun.add(expression);
            }
        });
        return !askedInRun.isEmpty();
    }

    /** Whether an expression names an input. */
    public boolean asksForInputs() {
        List<Expression> asked = new ArrayList<>();
        visit(expression -> {
            if (expression instanceof Expression.Reference reference
                    && reference.context().equals("inputs")) {
                asked.add(expression);
            }
        });
        return !asked.isEmpty();
    }

    /** The ids of the steps that its expressions name. */
    public Set<String> stepsAskedFor() {
        Set<String> ids = new LinkedHashSet<>();
        visit(expression -> {
            if (expression instanceof Expression.Reference reference
                    && reference.context().equals("steps")
                    && !reference.parts().isEmpty()
                    && reference.parts().get(0) instanceof Part.Key step) {
                ids.add(step.name());
            }
        });
        return ids;
    }

    private void visit(Consumer<Expression> visitor) {
        parameters().forEach(parameter -> parameter.templates(template -> template.visit(visitor)));
    }
}
