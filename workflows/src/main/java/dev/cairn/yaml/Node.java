package dev.cairn.yaml;

import dev.cairn.workflow.expression.Locator;
import dev.cairn.workflow.problem.Place;
import dev.cairn.workflow.value.Value;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A node of a YAML file; immutable. An alias is represented by the node of its anchor. */
public sealed interface Node {

    Place place();

    /**
     * @param text the content without quotes and folding
     * @param value the content by YAML's core schema; a quoted one is always a text
     * @param locator positions of the characters of {@code text}
     */
    record Scalar(Place place, String text, Value value, Locator locator) implements Node {
        /** The node for a text, as if it stood there without quotes. */
        public static Scalar plain(Place place, String text) {
            return new Scalar(place, text, CoreSchema.value(text), offset -> place.position());
        }
    }

    record Sequence(Place place, List<Node> items) implements Node {
        public Sequence {
            items = List.copyOf(items);
        }
    }

    /** @param entries the entries in the file's order, merge keys resolved */
    record Mapping(Place place, Map<String, Entry> entries) implements Node {
        public Mapping {
            entries = Collections.unmodifiableMap(new LinkedHashMap<>(entries));
        }
    }

    /** @param key the position of the key, with the path of the value */
    record Entry(Place key, Node value) {}

    /** For messages: {@code a list}, {@code a text}, {@code nothing}. */
    default String kind() {
        if (this instanceof Scalar scalar) {
            return scalar.value().kind();
        }
        return this instanceof Sequence ? "a list" : "a mapping";
    }
}
