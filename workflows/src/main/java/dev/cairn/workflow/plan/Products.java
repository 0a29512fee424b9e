package dev.cairn.workflow.plan;

import dev.cairn.workflow.expression.Template;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The files and texts that a step leaves; immutable. Paths are relative to its working directory.
 *
 * @param outputs the files that {@code steps.ID.outputs.NAME} names; if one is missing after a success, the step has
 *     failed
 * @param texts names of the outputs that the step writes to {@code $CAIRN_OUTPUT}
 * @param artifacts files and folders worth keeping that no step refers to
 */
public record Products(Map<String, Template> outputs, Set<String> texts, List<Template> artifacts) {

    public static final Products NONE = new Products(Map.of(), Set.of(), List.of());

    public Products {
        outputs = Collections.unmodifiableMap(new LinkedHashMap<>(outputs));
        texts = Collections.unmodifiableSet(new LinkedHashSet<>(texts));
        artifacts = List.copyOf(artifacts);
    }

    /** The names of all outputs. */
    public Set<String> names() {
        Set<String> names = new LinkedHashSet<>(outputs.keySet());
        names.addAll(texts);
        return names;
    }
}
