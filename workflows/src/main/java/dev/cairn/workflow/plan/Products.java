package dev.cairn.workflow.plan;

import dev.cairn.workflow.expression.Template;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What a step leaves behind; immutable. Paths are relative to its working directory.
 *
 * @param outputs the files that {@code steps.ID.outputs.NAME} names; missing after a success, the step has failed
 * @param artifacts files and folders worth keeping that no step refers to
 */
public record Products(Map<String, Template> outputs, List<Template> artifacts) {

    public static final Products NONE = new Products(Map.of(), List.of());

    public Products {
        outputs = Collections.unmodifiableMap(new LinkedHashMap<>(outputs));
        artifacts = List.copyOf(artifacts);
    }
}
