package dev.cairn.workflow.value;

import java.math.BigDecimal;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** What an expression computes with; immutable. */
public sealed interface Value {

    Value NULL = new Null();

    record Text(String content) implements Value {
        @Override
        public String text() {
            return content;
        }
    }

    /**
     * @param text as it was written, so that {@code 3.10} and {@code 007} stay what they are
     */
    record Number(BigDecimal amount, String text) implements Value {
        public Number(long amount) {
            this(BigDecimal.valueOf(amount), Long.toString(amount));
        }

        /** Numbers are equal by amount: {@code 1.0} and {@code 1}. */
        @Override
        public boolean equals(Object other) {
            return other instanceof Number number && amount.compareTo(number.amount) == 0;
        }

        @Override
        public int hashCode() {
            return amount.stripTrailingZeros().hashCode();
        }
    }

    record Bool(boolean on) implements Value {
        @Override
        public String text() {
            return Boolean.toString(on);
        }
    }

    record Null() implements Value {
        @Override
        public String text() {
            return "";
        }
    }

    record Items(List<Value> items) implements Value {
        public Items {
            items = List.copyOf(items);
        }

        /** The items' texts, a space between them. */
        @Override
        public String text() {
            return items.stream().map(Value::text).collect(Collectors.joining(" "));
        }
    }

    /** @param fields in their order */
    record Fields(Map<String, Value> fields) implements Value {
        public Fields {
            fields = Collections.unmodifiableMap(new LinkedHashMap<>(fields));
        }

        @Override
        public String text() {
            return fields.entrySet().stream()
                    .map(field -> field.getKey() + "=" + field.getValue().text())
                    .collect(Collectors.joining(" "));
        }
    }

    /** As it appears in a text around it. */
    String text();

    /** Whether a condition holds: all but false, null, 0 and the empty text. */
    default boolean truthy() {
        if (this instanceof Bool bool) {
            return bool.on();
        }
        if (this instanceof Number number) {
            return number.amount().signum() != 0;
        }
        if (this instanceof Text text) {
            return !text.content().isEmpty();
        }
        return !(this instanceof Null);
    }

    /** For messages: {@code a text}, {@code a list}. */
    default String kind() {
        if (this instanceof Text) {
            return "a text";
        }
        if (this instanceof Number) {
            return "a number";
        }
        if (this instanceof Bool) {
            return "true or false";
        }
        if (this instanceof Items) {
            return "a list";
        }
        return this instanceof Fields ? "a mapping" : "nothing";
    }
}
