package dev.cairn.workflow.expression;

import dev.cairn.workflow.value.Value;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/** A value of any shape with templates in it, as {@code with} passes it to a step; immutable. */
public sealed interface Parameter {

    record Fixed(Value value) implements Parameter {}

    record Computed(Template template) implements Parameter {}

    record Items(List<Parameter> items) implements Parameter {
        public Items {
            items = List.copyOf(items);
        }
    }

    record Fields(Map<String, Parameter> fields) implements Parameter {
        public Fields {
            fields = Collections.unmodifiableMap(new LinkedHashMap<>(fields));
        }
    }

    /** Returns the value with every template replaced by its result. */
    default Value value(Context context) throws ExpressionException {
        if (this instanceof Fixed fixed) {
            return fixed.value();
        }
        if (this instanceof Computed computed) {
            return computed.template().value(context);
        }
        if (this instanceof Items list) {
            List<Value> values = new ArrayList<>();
            for (Parameter item : list.items()) {
                values.add(item.value(context));
            }
            return new Value.Items(values);
        }
        Map<String, Value> values = new LinkedHashMap<>();
        for (Map.Entry<String, Parameter> field : ((Fields) this).fields().entrySet()) {
            values.put(field.getKey(), field.getValue().value(context));
        }
        return new Value.Fields(values);
    }

    /** Passes every template in it to {@code visitor}. */
    default void templates(Consumer<Template> visitor) {
        if (this instanceof Computed computed) {
            visitor.accept(computed.template());
        } else if (this instanceof Items list) {
            list.items().forEach(item -> item.templates(visitor));
        } else if (this instanceof Fields map) {
            map.fields().values().forEach(field -> field.templates(visitor));
        }
    }
}
