package dev.cairn.workflow.plan;

import dev.cairn.workflow.problem.Nearest;
import dev.cairn.workflow.problem.Place;
import dev.cairn.workflow.problem.Position;
import dev.cairn.workflow.problem.Problems;
import dev.cairn.workflow.spec.Input;
import dev.cairn.workflow.value.Value;
import java.math.BigDecimal;
import java.time.Clock;
import java.time.DateTimeException;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Determines the values of a run's inputs. */
final class InputValues {

    private static final String TODAY = "today";
    private static final String NOW = "now";
    private static final String NUMBER = "-?\\d{1,30}(\\.\\d{1,30})?";

    private InputValues() {}

    /** @param problems receives defaults that do not fit their own type */
    static void checkDefaults(Map<String, Input> inputs, Problems problems) {
        inputs.forEach((name, input) -> input.fallback().ifPresent(fallback -> {
            if (!isMoment(input, fallback.text())) {
                check(name, input, fallback.text(), input.place(), problems);
            }
        }));
    }

    /** @param problems receives the error if the text is not a value of the input's type */
    static void check(String name, Input input, String text, Place place, Problems problems) {
        if (parse(input, text).isEmpty()) {
            problems.add(place, mismatch(name, input, text));
        }
    }

    static String mismatch(String name, Input input, String text) {
        return "the input \"" + name + "\" is " + expected(input) + ", not \"" + text + "\"";
    }

    /**
     * Every declared input with its value, null for an input without one.
     *
     * @param given the texts of a command line; values that were resolved before stay the same
     * @param clock for {@code today} and {@code now}, in its zone
     */
    static Map<String, Value> of(Map<String, Input> inputs, Map<String, String> given, Clock clock, Problems problems) {
        given.keySet().stream()
                .filter(name -> !inputs.containsKey(name))
                .forEach(name -> problems.add(
                        Place.FILE.key("inputs", Position.START),
                        "the workflow has no input \"" + name + "\"" + Nearest.hint(name, inputs.keySet())));
        Map<String, Value> values = new LinkedHashMap<>();
        inputs.forEach((name, input) -> values.put(name, value(name, input, given.get(name), clock, problems)));
        return values;
    }

    private static Value value(String name, Input input, @Nullable String given, Clock clock, Problems problems) {
        if (given != null) {
            Optional<Value> value = parse(input, given);
            if (value.isEmpty()) {
                problems.add(
                        new Place(input.place().position(), "inputs." + name),
                        "--input " + name + "=" + given + ": this input is " + expected(input));
            }
            return value.orElse(Value.NULL);
        }
        if (input.fallback().isPresent()) {
            String fallback = input.fallback().get().text();
            return isMoment(input, fallback)
                    ? new Value.Text(moment(fallback, clock))
                    : parse(input, fallback).orElse(Value.NULL);
        }
        if (input.required()) {
            problems.add(
                    input.place(),
                    "the input \"" + name + "\" is required and has no value; give it with --input " + name + "=VALUE");
        }
        return Value.NULL;
    }

    /** Whether the default is the date or the time of the run's start. */
    static boolean isMoment(Input input, String text) {
        return switch (input.type()) {
            case STRING -> text.equals(TODAY) || text.equals(NOW);
            case DATE -> text.equals(TODAY);
            default -> false;
        };
    }

    private static String moment(String word, Clock clock) {
        return word.equals(TODAY)
                ? LocalDate.now(clock).toString()
                : DateTimeFormatter.ISO_OFFSET_DATE_TIME.format(
                        OffsetDateTime.now(clock).truncatedTo(ChronoUnit.SECONDS));
    }

    /** Empty if the input's type rejects the text. */
    static Optional<Value> parse(Input input, String text) {
        return switch (input.type()) {
            case STRING -> Optional.of(new Value.Text(text));
            case INTEGER -> text.matches("-?\\d{1,30}") ? Optional.of(number(text)) : Optional.empty();
            case NUMBER -> text.matches(NUMBER) ? Optional.of(number(text)) : Optional.empty();
            case BOOLEAN ->
                text.equals("true") || text.equals("false")
                        ? Optional.of(new Value.Bool(text.equals("true")))
                        : Optional.empty();
            case CHOICE -> input.options().contains(text) ? Optional.of(new Value.Text(text)) : Optional.empty();
            case DATE -> isDate(text) ? Optional.of(new Value.Text(text)) : Optional.empty();
        };
    }

    private static Value number(String text) {
        return new Value.Number(new BigDecimal(text), text);
    }

    private static boolean isDate(String text) {
        try {
            LocalDate.parse(text);
            return true;
        } catch (DateTimeException e) {
            return false;
        }
    }

    private static String expected(Input input) {
        return switch (input.type()) {
            case STRING -> "a text";
            case INTEGER -> "a whole number";
            case NUMBER -> "a number";
            case BOOLEAN -> "true or false";
            case CHOICE -> "one of " + String.join(", ", input.options());
            case DATE -> "a date such as 2024-02-29";
        };
    }
}
