package dev.cairn.workflow.plan;

import dev.cairn.workflow.expression.Template;
import dev.cairn.workflow.spec.EnvLayer;
import java.util.List;
import java.util.Optional;

/**
 * What a step's action finds around it; immutable.
 *
 * @param environment the workflow's, the defaults' and the step's own, in this order: what comes later wins and may
 *     refer to what came before
 * @param workingDirectory relative to the workflow's folder; empty for that folder
 * @param standardInput a file, relative to the working directory; empty for {@code /dev/null}
 * @param modules environment modules to load before it, in order
 */
public record Surroundings(
        List<EnvLayer> environment,
        Optional<Template> workingDirectory,
        Optional<Template> standardInput,
        List<String> modules) {

    public static final Surroundings NONE = new Surroundings(List.of(), Optional.empty(), Optional.empty(), List.of());

    public Surroundings {
        environment = List.copyOf(environment);
        modules = List.copyOf(modules);
    }
}
