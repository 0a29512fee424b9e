package dev.cairn.workflow.internal.read;

import static dev.cairn.workflow.internal.read.Field.optional;
import static dev.cairn.workflow.internal.read.Field.required;

import dev.cairn.workflow.expression.Parameter;
import dev.cairn.workflow.problem.Problems;
import dev.cairn.workflow.spec.Axis;
import dev.cairn.workflow.spec.Setting;
import dev.cairn.workflow.spec.Strategy;
import dev.cairn.yaml.Node;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/** The keys of {@code strategy}. */
final class StrategyKeys {

    static final String NAME = "[A-Za-z_][A-Za-z0-9_-]*";

    private static final Pattern NAMES = Pattern.compile(NAME);
    private static final String INCLUDE = "include";
    private static final String EXCLUDE = "exclude";

    private record Matrix(
            Map<String, Axis> axes, List<Map<String, Parameter>> include, List<Map<String, Parameter>> exclude) {}

    private static final Type<List<Map<String, Parameter>>> COMBINATIONS =
            Composites.listOf(Composites.mapOf(NAME, "a name: letters, digits, _ and -", Composites.parameter()));

    private static final Field<Matrix> MATRIX = required(
            "matrix",
            Composites.type(StrategyKeys::matrix, StrategyKeys::matrixSchema),
            "Lists of values by name; the step runs once for every combination.");
    private static final Field<Setting<Integer>> MAX_PARALLEL =
            optional("max_parallel", Scalars.computed(Scalars.integer(1, 1_000_000)), "How many at a time.");
    private static final Field<Boolean> FAIL_FAST = optional(
            "fail_fast", Scalars.bool(), "Whether the first that fails cancels the others; true if not given.");

    private static final Field<Parameter> LINES =
            optional("lines", Composites.parameter(), "A text file with one value per line.");
    private static final Field<Parameter> JSON =
            optional("json", Composites.parameter(), "A file with a JSON array of the values.");
    private static final Field<Parameter> GLOB =
            optional("glob", Composites.parameter(), "A pattern; the values are the files that match it.");

    private static final ObjectType<Axis> FOUND = ObjectType.of(
                    "matrix values", List.of(LINES, JSON, GLOB), StrategyKeys::found)
            .constrained(Keywords.of("minProperties", 1, "maxProperties", 1));

    static final ObjectType<Strategy> TYPE =
            ObjectType.of("strategy", List.of(MATRIX, MAX_PARALLEL, FAIL_FAST), StrategyKeys::make);

    private StrategyKeys() {}

    private static Strategy make(ReadFields fields, Problems problems) {
        Matrix matrix = fields.get(MATRIX).orElseGet(() -> new Matrix(Map.of(), List.of(), List.of()));
        return new Strategy(
                fields.place(MATRIX),
                matrix.axes(),
                matrix.include(),
                matrix.exclude(),
                fields.get(MAX_PARALLEL),
                fields.get(FAIL_FAST).orElse(true));
    }

    private static Axis found(ReadFields fields, Problems problems) {
        List<Axis> given = new ArrayList<>();
        fields.get(LINES).ifPresent(file -> given.add(new Axis(Axis.Kind.LINES, file)));
        fields.get(JSON).ifPresent(file -> given.add(new Axis(Axis.Kind.JSON, file)));
        fields.get(GLOB).ifPresent(pattern -> given.add(new Axis(Axis.Kind.GLOB, pattern)));
        if (given.size() != 1) {
            problems.add(fields.place(), "needs one of \"lines\", \"json\" and \"glob\"");
        }
        return given.isEmpty() ? new Axis(Axis.Kind.LIST, new Parameter.Items(List.of())) : given.get(0);
    }

    private static Optional<Matrix> matrix(Node node, Problems problems) {
        if (!(node instanceof Node.Mapping mapping) || mapping.entries().isEmpty()) {
            problems.add(node.place(), Expected.message("a mapping of lists, such as {seed: [1, 2, 3]}", node));
            return Optional.empty();
        }
        Map<String, Axis> axes = new LinkedHashMap<>();
        List<Map<String, Parameter>> include = new ArrayList<>();
        List<Map<String, Parameter>> exclude = new ArrayList<>();
        mapping.entries().forEach((name, entry) -> {
            if (name.equals(INCLUDE) || name.equals(EXCLUDE)) {
                COMBINATIONS
                        .read(entry.value(), problems)
                        .ifPresent((name.equals(INCLUDE) ? include : exclude)::addAll);
            } else {
                axis(name, entry, problems).ifPresent(axis -> axes.put(name, axis));
            }
        });
        return Optional.of(new Matrix(axes, include, exclude));
    }

    private static Optional<Axis> axis(String name, Node.Entry entry, Problems problems) {
        if (!NAMES.matcher(name).matches()) {
            problems.add(entry.key(), "\"" + name + "\" is not a name: letters, digits, _ and -");
        }
        if (entry.value() instanceof Node.Mapping) {
            return FOUND.read(entry.value(), problems);
        }
        Parameter values = Composites.parameter(entry.value(), problems);
        if (values instanceof Parameter.Items items && !items.items().isEmpty()
                || values instanceof Parameter.Computed) {
            return Optional.of(new Axis(Axis.Kind.LIST, values));
        }
        problems.add(
                entry.value().place(),
                Expected.message(
                        "a list of at least one value, or {lines: FILE}, {json: FILE}, {glob: PATTERN}",
                        entry.value()));
        return Optional.empty();
    }

    private static Map<String, Object> matrixSchema(Definitions definitions) {
        Map<String, Object> combinations = COMBINATIONS.schema(definitions);
        return Keywords.of(
                "type",
                "object",
                "minProperties",
                1,
                "properties",
                Keywords.of(INCLUDE, combinations, EXCLUDE, combinations),
                "propertyNames",
                Keywords.of("pattern", "^(" + NAME + ")$"),
                "additionalProperties",
                Keywords.of(
                        "anyOf",
                        List.of(
                                Keywords.of("type", "array", "minItems", 1),
                                Keywords.of("type", "string", "pattern", "\\$\\{\\{"),
                                FOUND.schema(definitions))));
    }
}
