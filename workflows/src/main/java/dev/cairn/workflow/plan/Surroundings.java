package dev.cairn.workflow.plan;

import dev.cairn.workflow.expression.Template;
import dev.cairn.workflow.spec.EnvLayer;
import java.util.List;
import java.util.Optional;

/**
 * Environment, folder and input of a step's action; immutable.
 *
 * @param environment the layers of the workflow, the defaults and the step, in this order; later variables win and may
 *     refer to earlier ones
 * @param workingDirectory relative to the workflow's folder; empty for that folder
 * @param standardInput its file, relative to the working directory; empty for {@code /dev/null}
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
