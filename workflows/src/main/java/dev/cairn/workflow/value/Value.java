package dev.cairn.workflow.value;

import java.math.BigDecimal;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** A value of an expression; immutable. */
public sealed interface Value {

    Value NULL = new Null();

    record Text(String content) implements Value {
        @Override
        public String text() {
            return content;
        }
    }

    /** @param text the text in the file, so that {@code 3.10} and {@code 007} keep their form */
    record Number(BigDecimal amount, String text) implements Value {
        public Number(long amount) {
            this(BigDecimal.valueOf(amount), Long.toString(amount));
        }

        /** Compares by amount: {@code 1.0} equals {@code 1}. */
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

        /** The texts of the items, separated by spaces. */
        @Override
        public String text() {
            return items.stream().map(Value::text).collect(Collectors.joining(" "));
        }
    }

    /** @param fields the fields in their order */
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

    /** The value's form inside a text. */
    String text();

    /** Whether it counts as true in a condition: every value but false, null, 0 and the empty text. */
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

    /** The kind for messages: {@code a text}, {@code a list}. */
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
