package dev.cairn.workflow.resolve;

import java.nio.file.Path;
import java.util.List;
import java.util.SortedMap;

/**
 * The data for the fingerprint of a step; immutable. It includes neither inherited variables nor values of secrets.
 *
 * @param ingredients in a fixed order; the same texts mean the same step
 * @param scripts existing files that the command names: their content also enters the fingerprint
 */
public record StepIdentity(SortedMap<String, String> ingredients, List<Path> scripts) {
    public StepIdentity {
        scripts = List.copyOf(scripts);
    }
}
