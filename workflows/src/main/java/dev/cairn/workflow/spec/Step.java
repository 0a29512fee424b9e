package dev.cairn.workflow.spec;

import dev.cairn.workflow.expression.Condition;
import dev.cairn.workflow.expression.Template;
import dev.cairn.workflow.problem.Place;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A step; immutable.
 *
 * @param needs empty when the key is absent: the step above is meant
 * @param action absent only in a file with problems
 * @param outputs files by name, relative to the step's working directory
 * @param maskSecrets whether its secrets are masked where its log is shown
 * @param settings what could also stand in {@code defaults}
 */
public record Step(
        Place place,
        Optional<Named> id,
        Optional<String> name,
        Optional<List<Named>> needs,
        Optional<Condition> condition,
        Optional<Work> action,
        Optional<Strategy> strategy,
        Map<String, Template> outputs,
        List<Template> artifacts,
        boolean continueOnError,
        boolean maskSecrets,
        Optional<Template> standardInput,
        Settings settings) {

    public Step {
        needs = needs.map(List::copyOf);
        outputs = Collections.unmodifiableMap(new LinkedHashMap<>(outputs));
        artifacts = List.copyOf(artifacts);
    }
}
