package dev.cairn.run.view;

import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A JSON object whose fields keep their order of insertion. Confined to one thread. */
public final class JsonObject {
    private final Map<String, @Nullable Object> fields = new LinkedHashMap<>();

    /** @param value a value that {@link Json} can write */
    public JsonObject put(String name, @Nullable Object value) {
        fields.put(name, value);
        return this;
    }

    public Map<String, @Nullable Object> fields() {
        return fields;
    }
}
