package dev.cairn.workflow.resolve;

import java.nio.file.Path;
import java.util.List;
import java.util.SortedMap;

/**
 * What the fingerprint of a step is made of; immutable. Inherited variables are not part of it, nor are secrets' values.
 *
 * @param ingredients in a fixed order; the same texts mean the same step
 * @param scripts existing files that the command names: their content belongs to the fingerprint too
 */
public record StepIdentity(SortedMap<String, String> ingredients, List<Path> scripts) {
    public StepIdentity {
        scripts = List.copyOf(scripts);
    }
}
