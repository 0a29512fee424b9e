package dev.cairn.workflow.spec;

import dev.cairn.workflow.expression.Condition;
import dev.cairn.workflow.expression.Template;
import dev.cairn.workflow.problem.Place;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * A step; immutable.
 *
 * @param needs empty if the key is absent, which means the step above
 * @param action absent only in a file with problems
 * @param outputs files by name, relative to the step's working directory
 * @param texts names of the outputs that it writes to {@code $CAIRN_OUTPUT}
 * @param cache for a step with {@code cache}, the files and folders that it reads; else empty
 * @param maskSecrets whether its secrets are masked when its log is shown
 * @param settings the keys that {@code defaults} can also have
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
        Set<String> texts,
        List<Template> artifacts,
        boolean continueOnError,
        Optional<List<Template>> cache,
        boolean maskSecrets,
        Optional<Template> standardInput,
        Settings settings) {

    /** The pattern of a valid id. */
    public static final String ID = "[A-Za-z_][A-Za-z0-9_-]{0,63}";

    /** A placeholder for the path of an output that is a text. */
    public static final String TEXT_OUTPUT = "$CAIRN_OUTPUT";

    public Step {
        texts = Collections.unmodifiableSet(new LinkedHashSet<>(texts));
        needs = needs.map(List::copyOf);
        outputs = Collections.unmodifiableMap(new LinkedHashMap<>(outputs));
        artifacts = List.copyOf(artifacts);
        cache = cache.map(List::copyOf);
    }

    /** The workflow file that it uses. */
    public Optional<Work.Part> part() {
        return action.filter(Work.Part.class::isInstance).map(Work.Part.class::cast);
    }

    /** The names of all its outputs. */
    public Set<String> outputNames() {
        Set<String> names = new LinkedHashSet<>(outputs.keySet());
        names.addAll(texts);
        return names;
    }
}
