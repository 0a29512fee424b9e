package dev.cairn.workflow.internal.read;

import dev.cairn.workflow.expression.Condition;
import dev.cairn.workflow.expression.Template;
import dev.cairn.workflow.problem.Problems;
import dev.cairn.workflow.spec.Named;
import dev.cairn.workflow.spec.Setting;
import dev.cairn.workflow.value.Durations;
import dev.cairn.workflow.value.Sizes;
import dev.cairn.workflow.value.Value;
import dev.cairn.yaml.Node;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.function.Function;

/** The types of single values. */
final class Scalars {

    private static final Map<String, Object> ANY_SCALAR = Keywords.of("type", List.of("string", "number", "boolean"));

    private Scalars() {}

    /** A single value, which {@code parse} accepts or rejects. */
    static <T> Type<T> scalar(
            String expected, Map<String, Object> schema, Function<Node.Scalar, Optional<? extends T>> parse) {
        return located(expected, schema, (scalar, problems) -> parse.apply(scalar));
    }

    private static <T> Type<T> located(
            String expected,
            Map<String, Object> schema,
            BiFunction<Node.Scalar, Problems, Optional<? extends T>> parse) {
        return new Type<>() {
            @Override
            public Optional<T> read(Node node, Problems problems) {
                Optional<? extends T> value =
                        node instanceof Node.Scalar scalar ? parse.apply(scalar, problems) : Optional.empty();
                if (value.isEmpty()) {
                    problems.add(node.place(), Expected.message(expected, node));
                }
                return value.map(Function.identity());
            }

            @Override
            public Map<String, Object> schema(Definitions definitions) {
                return schema;
            }
        };
    }

    private static boolean isSaid(Node.Scalar scalar) {
        return !(scalar.value() instanceof Value.Null);
    }

    /** A text without expressions. A number or boolean counts as a text in its written form. */
    static Type<String> text() {
        return scalar(
                "a text",
                ANY_SCALAR,
                scalar -> isSaid(scalar) && !scalar.text().contains("${{")
                        ? Optional.of(scalar.text())
                        : Optional.empty());
    }

    /** A name that another part of the file must also use. The check of that part also checks its form. */
    static Type<Named> name() {
        return scalar(
                "a name",
                ANY_SCALAR,
                scalar -> isSaid(scalar) ? Optional.of(new Named(scalar.text(), scalar.place())) : Optional.empty());
    }

    /** A text with expressions. */
    static Type<Template> template() {
        return located(
                "a text",
                ANY_SCALAR,
                (scalar, problems) -> isSaid(scalar)
                        ? Optional.of(Template.parse(scalar.text(), scalar.place(), scalar.locator(), problems))
                        : Optional.empty());
    }

    static Type<Condition> condition() {
        return located(
                "a condition such as failure() or ${{ inputs.full == true }}",
                ANY_SCALAR,
                (scalar, problems) -> isSaid(scalar)
                        ? Optional.of(Condition.parse(scalar.text(), scalar.place(), scalar.locator(), problems))
                        : Optional.empty());
    }

    static Type<Boolean> bool() {
        return scalar(
                "true or false",
                Keywords.of("type", "boolean"),
                scalar -> scalar.value() instanceof Value.Bool bool ? Optional.of(bool.on()) : Optional.empty());
    }

    static Type<Integer> integer(int least, int most) {
        return scalar(
                "a whole number from " + least + " to " + most,
                Keywords.of("type", "integer", "minimum", least, "maximum", most),
                scalar -> number(scalar, BigDecimal.valueOf(least), BigDecimal.valueOf(most))
                        .filter(amount -> amount.stripTrailingZeros().scale() <= 0)
                        .map(BigDecimal::intValueExact));
    }

    static Type<Double> number(double least, double most) {
        return scalar(
                "a number from " + plain(least) + " to " + plain(most),
                Keywords.of("type", "number", "minimum", least, "maximum", most),
                scalar -> number(scalar, BigDecimal.valueOf(least), BigDecimal.valueOf(most))
                        .map(BigDecimal::doubleValue));
    }

    private static Optional<BigDecimal> number(Node.Scalar scalar, BigDecimal least, BigDecimal most) {
        return scalar.value() instanceof Value.Number number
                        && number.amount().compareTo(least) >= 0
                        && number.amount().compareTo(most) <= 0
                ? Optional.of(number.amount())
                : Optional.empty();
    }

    private static String plain(double number) {
        return BigDecimal.valueOf(number).stripTrailingZeros().toPlainString();
    }

    static Type<Duration> duration() {
        return scalar(
                "a duration such as 30s, 10m or 1h30m",
                Keywords.of("type", "string", "pattern", Durations.PATTERN),
                scalar -> Durations.parse(scalar.text()));
    }

    static Type<Long> size() {
        return scalar(
                "a size such as 512M or 16G",
                Keywords.of("type", "string", "pattern", Sizes.PATTERN),
                scalar -> Sizes.parse(scalar.text()));
    }

    /** The same, with a pattern for the schema. The code that uses the value checks it. */
    static <T> Type<T> patterned(Type<T> type, String pattern) {
        return Composites.type(type::read, definitions -> Keywords.of("type", "string", "pattern", pattern));
    }

    /** This type, or a text with expressions, whose result is converted to the type when needed. */
    static <T> Type<Setting<T>> computed(Type<T> type) {
        return Composites.type(
                (node, problems) ->
                        node instanceof Node.Scalar scalar && scalar.text().contains("${{")
                                ? Optional.of(new Setting.Computed<>(
                                        Template.parse(scalar.text(), scalar.place(), scalar.locator(), problems),
                                        (text, wrong) -> type.read(Node.Scalar.plain(scalar.place(), text), wrong)))
                                : type.read(node, problems).map(Setting.Given::new),
                definitions -> Keywords.of(
                        "anyOf",
                        List.of(type.schema(definitions), Keywords.of("type", "string", "pattern", "\\$\\{\\{"))));
    }

    /** One of the constants, written in lower case. */
    static <E extends Enum<E>> Type<E> oneOf(Class<E> choices) {
        Map<String, E> named = new LinkedHashMap<>();
        for (E choice : choices.getEnumConstants()) {
            named.put(choice.name().toLowerCase(Locale.ROOT), choice);
        }
        return oneOf(named);
    }

    /** One of these texts, unchanged. */
    static Type<String> oneOf(String... choices) {
        Map<String, String> named = new LinkedHashMap<>();
        Arrays.stream(choices).forEach(choice -> named.put(choice, choice));
        return oneOf(named);
    }

    static <T> Type<T> oneOf(String first, T meaning, String second, T otherMeaning) {
        Map<String, T> named = new LinkedHashMap<>();
        named.put(first, meaning);
        named.put(second, otherMeaning);
        return oneOf(named);
    }

    /** One of these texts, each with its value; messages list them in this order. */
    static <T> Type<T> oneOf(Map<String, T> named) {
        return scalar(
                "one of " + String.join(", ", named.keySet()),
                Keywords.of("enum", List.copyOf(named.keySet())),
                scalar -> Optional.ofNullable(named.get(scalar.text())));
    }
}
