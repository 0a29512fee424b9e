package dev.cairn.workflow.plan;

import dev.cairn.workflow.expression.Expression;
import dev.cairn.workflow.expression.Expression.Part;
import dev.cairn.workflow.expression.Template;
import dev.cairn.workflow.problem.Nearest;
import dev.cairn.workflow.problem.Place;
import dev.cairn.workflow.problem.Problems;
import dev.cairn.workflow.spec.EnvLayer;
import dev.cairn.workflow.spec.Step;
import dev.cairn.workflow.spec.Workflow;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Checks the variables of a step, outermost first, and finds which of them hold secrets. */
final class EnvironmentCheck {

    private final List<EnvLayer> layers;
    private final Vocabulary outside;
    private final Vocabulary inside;
    private final Problems problems;
    private final Set<String> names = new HashSet<>();
    private final Set<String> secret = new HashSet<>();
    private boolean hasFiles;

    /** @param names the names that the step's expressions can use, except {@code env} and {@code secrets} */
    EnvironmentCheck(Workflow workflow, Step step, Vocabulary names, Problems problems) {
        this.layers = List.of(
                workflow.environment(),
                workflow.defaults().environment(),
                step.settings().environment());
        this.outside = names;
        this.inside = names.with("secrets", secrets(workflow));
        this.problems = problems;
    }

    private static Vocabulary.Names secrets(Workflow workflow) {
        Set<String> declared = workflow.secrets().keySet();
        return (reference, place, problems) -> {
            if (declared.isEmpty()) {
                problems.add(place.at(reference.position()), "the workflow declares no \"secrets\"");
            } else {
                Vocabulary.first(reference, "a secret's name", declared, place, problems);
            }
        };
    }

    /** The names that the other keys of the step can use: also {@code env}. */
    Vocabulary check() {
        for (EnvLayer layer : layers) {
            Vocabulary files = outside.with("env", this::withoutSecrets);
            layer.files().forEach(file -> files.check(file, problems));
            hasFiles |= !layer.files().isEmpty();
            Vocabulary known = inside.with("env", this::any);
            layer.variables().values().forEach(value -> known.check(value, problems));
            Set<String> tainted = new HashSet<>();
            layer.variables().forEach((name, value) -> {
                if (holdsSecret(value)) {
                    tainted.add(name);
                }
            });
            names.addAll(layer.variables().keySet());
            secret.removeAll(layer.variables().keySet());
            secret.addAll(tainted);
        }
        return outside.with("env", this::withoutSecrets);
    }

    private boolean holdsSecret(Template value) {
        return value.references().stream()
                .anyMatch(reference -> reference.context().equals("secrets")
                        || reference.context().equals("env")
                                && !reference.parts().isEmpty()
                                && secret.contains(
                                        Vocabulary.name(reference.parts().get(0))));
    }

    /** With an {@code env_file}, any name may be defined; without one, all names are known. */
    private void any(Expression.Reference reference, Place place, Problems told) {
        if (Vocabulary.goesOn(reference, "a variable's name", place, told)
                && reference.parts().get(0) instanceof Part.Key key
                && !hasFiles
                && !names.contains(key.name())) {
            told.add(
                    place.at(key.position()),
                    "\"env\" above here declares no \"" + key.name() + "\"" + Nearest.hint(key.name(), names)
                            + "; an inherited variable is written \"$" + key.name() + "\"");
        }
    }

    private void withoutSecrets(Expression.Reference reference, Place place, Problems told) {
        any(reference, place, told);
        if (reference.parts().isEmpty()) {
            return;
        }
        if (!(reference.parts().get(0) instanceof Part.Key key)) {
            if (!secret.isEmpty()) {
                told.add(place.at(reference.position()), "where \"env\" holds secrets a name must be given as it is");
            }
        } else if (secret.contains(key.name())) {
            told.add(
                    place.at(reference.position()),
                    "env." + key.name() + " holds a secret, which must not become part of a command; write \"$"
                            + key.name() + "\"");
        }
    }
}
