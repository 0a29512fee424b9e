package dev.cairn.workflow.internal.read;

import java.util.LinkedHashMap;
import java.util.Map;

/** Keywords of a JSON Schema, in a fixed order so that the schema's text is always the same. */
final class Keywords {

    private Keywords() {}

    /** @param pairs a name, its value, the next name, ... */
    static Map<String, Object> of(Object... pairs) {
        Map<String, Object> keywords = new LinkedHashMap<>();
        for (int i = 0; i < pairs.length; i += 2) {
            keywords.put((String) pairs[i], pairs[i + 1]);
        }
        return keywords;
    }
}
