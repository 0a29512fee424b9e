package dev.cairn.workflow.internal.read;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Supplier;

/** The named parts of a JSON Schema. Confined to the thread that makes the schema. */
final class Definitions {

    private final Map<String, Object> byName = new LinkedHashMap<>();

    /** A reference to the definition of this name, which is added on first use. */
    Map<String, Object> reference(String name, Supplier<Map<String, Object>> definition) {
        if (!byName.containsKey(name)) {
            byName.put(name, Map.of());
            byName.put(name, definition.get());
        }
        return Keywords.of("$ref", "#/$defs/" + name);
    }

    Map<String, Object> all() {
        return byName;
    }
}
