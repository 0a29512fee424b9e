package dev.cairn.workflow.internal.read;

import dev.cairn.workflow.expression.Parameter;
import dev.cairn.workflow.expression.Template;
import dev.cairn.workflow.problem.Problems;
import dev.cairn.workflow.value.Value;
import dev.cairn.yaml.Node;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.regex.Pattern;

/** Types that consist of other types. */
final class Composites {

    private Composites() {}

    /** From two functions. */
    static <T> Type<T> type(
            BiFunction<Node, Problems, Optional<T>> read, Function<Definitions, Map<String, Object>> schema) {
        return new Type<>() {
            @Override
            public Optional<T> read(Node node, Problems problems) {
                return read.apply(node, problems);
            }

            @Override
            public Map<String, Object> schema(Definitions definitions) {
                return schema.apply(definitions);
            }
        };
    }

    static <T> Type<List<T>> listOf(Type<T> item) {
        return type(
                (node, problems) -> {
                    if (node instanceof Node.Sequence sequence) {
                        return Optional.of(items(sequence.items(), item, problems));
                    }
                    problems.add(node.place(), Expected.message("a list", node));
                    return Optional.empty();
                },
                definitions -> Keywords.of("type", "array", "items", item.schema(definitions)));
    }

    static <T> Type<List<T>> nonEmpty(Type<List<T>> list, String what) {
        return type(
                (node, problems) -> {
                    if (node instanceof Node.Sequence sequence
                            && sequence.items().isEmpty()) {
                        problems.add(node.place(), "needs at least one " + what);
                    }
                    return list.read(node, problems);
                },
                definitions -> {
                    Map<String, Object> schema = new LinkedHashMap<>(list.schema(definitions));
                    schema.put("minItems", 1);
                    return schema;
                });
    }

    /** A list; a single item may stand without brackets. */
    static <T> Type<List<T>> oneOrMore(Type<T> item) {
        return type(
                (node, problems) -> node instanceof Node.Sequence sequence
                        ? Optional.of(items(sequence.items(), item, problems))
                        : item.read(node, problems).map(List::of),
                definitions -> Keywords.of(
                        "anyOf", List.of(item.schema(definitions), listOf(item).schema(definitions))));
    }

    private static <T> List<T> items(List<Node> nodes, Type<T> type, Problems problems) {
        List<T> items = new ArrayList<>();
        nodes.forEach(node -> type.read(node, problems).ifPresent(items::add));
        return items;
    }

    /**
     * A mapping whose keys the user chooses.
     *
     * @param what what a key is, for the message about an invalid one
     */
    static <T> Type<Map<String, T>> mapOf(String pattern, String what, Type<T> value) {
        Pattern names = Pattern.compile(pattern);
        return type(
                (node, problems) -> {
                    if (!(node instanceof Node.Mapping mapping)) {
                        problems.add(node.place(), Expected.message("a mapping", node));
                        return Optional.empty();
                    }
                    Map<String, T> values = new LinkedHashMap<>();
                    mapping.entries().forEach((key, entry) -> {
                        if (!names.matcher(key).matches()) {
                            problems.add(entry.key(), "\"" + key + "\" is not " + what);
                        }
                        value.read(entry.value(), problems).ifPresent(read -> values.put(key, read));
                    });
                    return Optional.of(values);
                },
                definitions -> {
                    Map<String, Object> schema = new LinkedHashMap<>();
                    schema.put("type", "object");
                    schema.put("propertyNames", Keywords.of("pattern", "^(" + pattern + ")$"));
                    schema.put("additionalProperties", value.schema(definitions));
                    return schema;
                });
    }

    /** This type; or {@code nothing} if no value follows the colon. */
    static <T> Type<T> orNothing(Type<T> type, Function<Node, T> nothing) {
        return type(
                (node, problems) -> node instanceof Node.Scalar scalar && scalar.value() instanceof Value.Null
                        ? Optional.of(nothing.apply(node))
                        : type.read(node, problems),
                definitions -> Keywords.of("anyOf", List.of(Keywords.of("type", "null"), type.schema(definitions))));
    }

    /** One type reads lists and mappings, the other reads single values. */
    static <T> Type<T> either(Type<? extends T> single, Type<? extends T> composed) {
        return type(
                (node, problems) -> (node instanceof Node.Scalar ? single : composed)
                        .read(node, problems)
                        .map(Function.identity()),
                definitions -> Keywords.of("anyOf", List.of(single.schema(definitions), composed.schema(definitions))));
    }

    static Type<Duration> positive(Type<Duration> duration) {
        return type(
                (node, problems) -> {
                    Optional<Duration> length = duration.read(node, problems);
                    if (length.filter(Duration::isZero).isPresent()) {
                        problems.add(node.place(), "must be longer than nothing");
                    }
                    return length;
                },
                duration::schema);
    }

    static <S, T> Type<T> map(Type<S> type, Function<S, T> function) {
        return type((node, problems) -> type.read(node, problems).map(function), type::schema);
    }

    /** A value of any shape, whose texts may hold expressions. */
    static Type<Parameter> parameter() {
        return type((node, problems) -> Optional.of(parameter(node, problems)), definitions -> Map.of());
    }

    static Parameter parameter(Node node, Problems problems) {
        if (node instanceof Node.Sequence sequence) {
            return new Parameter.Items(sequence.items().stream()
                    .map(item -> parameter(item, problems))
                    .toList());
        }
        if (node instanceof Node.Mapping mapping) {
            Map<String, Parameter> fields = new LinkedHashMap<>();
            mapping.entries().forEach((key, entry) -> fields.put(key, parameter(entry.value(), problems)));
            return new Parameter.Fields(fields);
        }
        Node.Scalar scalar = (Node.Scalar) node;
        return scalar.text().contains("${{")
                ? new Parameter.Computed(Template.parse(scalar.text(), scalar.place(), scalar.locator(), problems))
                : new Parameter.Fixed(scalar.value());
    }
}
