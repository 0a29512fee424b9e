package dev.cairn.workflow.spec;

import dev.cairn.workflow.expression.Template;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The {@code env_file} and {@code env} of one place in the file; immutable.
 *
 * @param files the files, which come before the variables, in order, relative to the workflow's folder
 */
public record EnvLayer(List<Template> files, Map<String, Template> variables) {

    public static final EnvLayer EMPTY = new EnvLayer(List.of(), Map.of());

    public EnvLayer {
        files = List.copyOf(files);
        variables = Collections.unmodifiableMap(new LinkedHashMap<>(variables));
    }

    public boolean isEmpty() {
        return files.isEmpty() && variables.isEmpty();
    }
}
