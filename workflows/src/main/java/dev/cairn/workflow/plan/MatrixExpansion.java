package dev.cairn.workflow.plan;

import dev.cairn.workflow.expression.Context;
import dev.cairn.workflow.expression.ExpressionException;
import dev.cairn.workflow.expression.Parameter;
import dev.cairn.workflow.expression.Template;
import dev.cairn.workflow.problem.Nearest;
import dev.cairn.workflow.problem.Problems;
import dev.cairn.workflow.spec.Axis;
import dev.cairn.workflow.spec.Step;
import dev.cairn.workflow.spec.Strategy;
import dev.cairn.workflow.value.JsonText;
import dev.cairn.workflow.value.Value;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/** Expands the values of a matrix to its combinations, by the rules of GitHub Actions. */
public final class MatrixExpansion {

    static final int MOST_INSTANCES = 100_000;

    private final Strategy strategy;
    private final Context context;
    private final Problems problems;

    /** @param context knows the inputs, and the results of earlier steps if the strategy uses them */
    public MatrixExpansion(Strategy strategy, Context context, Problems problems) {
        this.strategy = strategy;
        this.context = context;
        this.problems = problems;
    }

    /** The names that {@code matrix} has in at least some of the combinations. */
    static Set<String> names(Strategy strategy) {
        Set<String> names = new LinkedHashSet<>(strategy.axes().keySet());
        strategy.include().forEach(extra -> names.addAll(extra.keySet()));
        return names;
    }

    /** @param names the names that the matrix's own expressions can use */
    static void check(Step step, Vocabulary names, Problems problems) {
        Strategy strategy = step.strategy().orElseThrow();
        strategy.parameters().forEach(parameter -> names.check(parameter, problems));
        for (Map<String, Parameter> left : strategy.exclude()) {
            left.keySet().stream()
                    .filter(name -> !strategy.axes().containsKey(name))
                    .forEach(name -> problems.add(
                            strategy.place(),
                            "\"exclude\" names \"" + name + "\", which is not in the matrix"
                                    + Nearest.hint(name, strategy.axes().keySet())));
        }
        boolean apart = step.settings()
                .workingDirectory()
                .filter(MatrixExpansion::differs)
                .isPresent();
        step.outputs().forEach((name, path) -> {
            if (!apart && !differs(path)) {
                problems.add(
                        path.place(),
                        "every instance of the matrix would write this file; name one of its values, as in \"" + name
                                + "-${{ step.index }}\"");
            }
        });
    }

    private static boolean differs(Template template) {
        return template.references().stream()
                .anyMatch(reference -> reference.context().equals("matrix")
                        || reference.context().equals("step"));
    }

    /** At least one combination, or problems. A matrix that the run decides may have no combination. */
    public List<Map<String, Value>> combinations() {
        try {
            List<Map<String, Value>> all = product();
            List<Map<String, Value>> excluded = values(strategy.exclude());
            all.removeIf(combination ->
                    excluded.stream().anyMatch(left -> combination.entrySet().containsAll(left.entrySet())));
            include(all);
            if (all.isEmpty() && !strategy.isDecidedInRun()) {
                problems.add(strategy.place(), "\"exclude\" leaves no combination");
            }
            return all;
        } catch (ExpressionException e) {
            problems.add(strategy.place().at(e.position()), e.reason());
            return List.of();
        }
    }

    private List<Map<String, Value>> product() throws ExpressionException {
        List<Map<String, Value>> all = new ArrayList<>();
        if (strategy.axes().isEmpty()) {
            return all;
        }
        all.add(Map.of());
        for (Map.Entry<String, Axis> axis : strategy.axes().entrySet()) {
            List<Value> values = axis(axis.getKey(), axis.getValue());
            if ((long) all.size() * values.size() > MOST_INSTANCES) {
                throw new ExpressionException(
                        strategy.place().position(), "more than " + MOST_INSTANCES + " combinations");
            }
            List<Map<String, Value>> longer = new ArrayList<>();
            for (Map<String, Value> combination : all) {
                for (Value value : values) {
                    Map<String, Value> more = new LinkedHashMap<>(combination);
                    more.put(axis.getKey(), value);
                    longer.add(more);
                }
            }
            all = longer;
        }
        return all;
    }

    private List<Value> axis(String name, Axis axis) throws ExpressionException {
        Value value = axis.values().value(context);
        return switch (axis.kind()) {
            case LIST -> list(name, value);
            case LINES -> found(name, value, path -> texts(context.read(path).lines()));
            case JSON -> found(name, value, path -> array(context.read(path)));
            case GLOB -> found(name, value, pattern -> texts(context.glob(pattern).stream()));
        };
    }

    /** Finds values in files. */
    @FunctionalInterface
    private interface Finder {
        List<Value> find(String where) throws IOException;
    }

    private List<Value> found(String name, Value where, Finder finder) throws ExpressionException {
        List<Value> all = new ArrayList<>();
        List<Value> places = where instanceof Value.Items items ? items.items() : List.of(where);
        for (Value place : places) {
            if (place instanceof Value.Null) {
                continue; // the step of this output was skipped
            }
            try {
                all.addAll(finder.find(place.text()));
            } catch (IOException e) {
                throw new ExpressionException(
                        strategy.place().position(),
                        "the values of \"" + name + "\" cannot be read from " + place.text() + ": " + e.getMessage());
            }
        }
        return all;
    }

    private static List<Value> array(String json) throws IOException {
        if (JsonText.parse(json) instanceof Value.Items items) {
            return items.items();
        }
        throw new IOException("not a JSON array");
    }

    private static List<Value> texts(Stream<String> texts) {
        return texts.map(String::strip)
                .filter(text -> !text.isEmpty())
                .<Value>map(Value.Text::new)
                .toList();
    }

    /** Splits a text, as an input gives it, at commas or spaces. */
    private List<Value> list(String name, Value value) throws ExpressionException {
        if (value instanceof Value.Items items) {
            return items.items();
        }
        List<Value> words = texts(Arrays.stream(value.text().split("[\\s,]+")));
        if (words.isEmpty() && !strategy.isDecidedInRun()) {
            throw new ExpressionException(strategy.place().position(), "the matrix has no value for \"" + name + "\"");
        }
        return words;
    }

    /**
     * Adds each {@code include} to all combinations whose axis values it does not contradict. If there is none, it
     * becomes a combination of its own.
     */
    private void include(List<Map<String, Value>> all) throws ExpressionException {
        List<Map<String, Value>> further = new ArrayList<>();
        for (Map<String, Value> extra : values(strategy.include())) {
            boolean added = false;
            for (Map<String, Value> combination : all) {
                if (fits(extra, combination)) {
                    combination.putAll(extra);
                    added = true;
                }
            }
            if (!added) {
                further.add(extra);
            }
        }
        all.addAll(further);
    }

    private boolean fits(Map<String, Value> extra, Map<String, Value> combination) {
        return extra.entrySet().stream()
                .filter(entry -> strategy.axes().containsKey(entry.getKey()))
                .allMatch(entry -> entry.getValue().equals(combination.get(entry.getKey())));
    }

    private List<Map<String, Value>> values(List<Map<String, Parameter>> parameters) throws ExpressionException {
        List<Map<String, Value>> all = new ArrayList<>();
        for (Map<String, Parameter> parameter : parameters) {
            Map<String, Value> values = new LinkedHashMap<>();
            for (Map.Entry<String, Parameter> entry : parameter.entrySet()) {
                values.put(entry.getKey(), entry.getValue().value(context));
            }
            all.add(values);
        }
        return all;
    }
}
