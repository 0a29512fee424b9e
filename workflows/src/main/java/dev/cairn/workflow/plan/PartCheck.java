package dev.cairn.workflow.plan;

import dev.cairn.workflow.expression.Expression;
import dev.cairn.workflow.expression.Parameter;
import dev.cairn.workflow.expression.Template;
import dev.cairn.workflow.problem.Nearest;
import dev.cairn.workflow.problem.Place;
import dev.cairn.workflow.problem.Problems;
import dev.cairn.workflow.spec.Input;
import dev.cairn.workflow.spec.Named;
import dev.cairn.workflow.spec.Step;
import dev.cairn.workflow.spec.Work;
import dev.cairn.workflow.spec.Workflow;
import dev.cairn.workflow.value.Value;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Checks a step that uses a workflow file: the values for the file's inputs, and keys that such a file cannot have. */
final class PartCheck {
    /** The names that distinguish the instances of a matrix. */
    private static final Set<String> OWN_TO_AN_INSTANCE = Set.of("inputs", "step", "matrix");

    private final Step step;
    private final Work.Part part;
    private final Optional<Workflow> used;
    private final Problems problems;

    PartCheck(Workflow workflow, Step step, Work.Part part, Problems problems) {
        this.step = step;
        this.part = part;
        this.used = Optional.ofNullable(workflow.parts().get(part.file().text()));
        this.problems = problems;
    }

    /** @param names the names that the values for the inputs can use */
    void check(Vocabulary names) {
        StepTemplates.parameters(step).forEach(parameter -> names.check(parameter, problems));
        step.condition()
                .ifPresent(condition -> names.checkCondition(condition.expression(), condition.place(), problems));
        used.ifPresent(file -> {
            inputs(file.inputs());
            if (!file.onFailure().isEmpty() || !file.atEnd().isEmpty()) {
                add("on_failure and finally of " + file() + " have no place in another workflow");
            }
            if (file.timeout().isPresent()) {
                add("the timeout of " + file() + " has no place in another workflow, whose own holds for all");
            }
            file.steps().forEach(this::inner);
        });
    }

    private void inputs(Map<String, Input> declared) {
        part.with().forEach((name, parameter) -> {
            Input input = declared.get(name);
            if (input == null) {
                add(file() + " has no input \"" + name + "\"" + Nearest.hint(name, declared.keySet()));
            } else if (parameter instanceof Parameter.Fixed fixed && !(fixed.value() instanceof Value.Null)) {
                InputValues.check(name, input, fixed.value().text(), place(), problems);
            }
        });
        declared.forEach((name, input) -> {
            if (part.with().containsKey(name)) {
                return;
            }
            if (input.required() && input.fallback().isEmpty()) {
                add("the input \"" + name + "\" of " + file() + " is required: give it under \"with\"");
            } else if (input.fallback()
                    .filter(it -> InputValues.isMoment(input, it.text()))
                    .isPresent()) {
                add("the input \"" + name + "\" of " + file() + " is the time of a run's start by default, which only"
                        + " the run's own file has: give it under \"with\"");
            }
        });
    }

    private void inner(Step inner) {
        if (inner.id().map(Named::text).filter(Use.ENTRY::equals).isPresent()) {
            add("no step of " + file() + " can have the id \"" + Use.ENTRY + "\"");
        }
        if (step.strategy().isEmpty()) {
            return;
        }
        if (inner.strategy().isPresent()) {
            add("a step with a matrix cannot use " + file() + ", since a step in it has a matrix of its own (line "
                    + inner.place().position().line() + ")");
        }
        boolean apart =
                inner.settings().workingDirectory().filter(PartCheck::differs).isPresent();
        if (!apart && !inner.outputs().values().stream().allMatch(PartCheck::differs)) {
            add("every instance of the matrix would write the outputs of the step in line "
                    + inner.place().position().line() + " of " + file()
                    + "; name one of its inputs or ${{ step.index }} in their paths");
        }
    }

    private static boolean differs(Template path) {
        return path.references().stream().map(Expression.Reference::context).anyMatch(OWN_TO_AN_INSTANCE::contains);
    }

    private String file() {
        return part.file().text();
    }

    private Place place() {
        return part.file().place();
    }

    private void add(String message) {
        problems.add(place(), message);
    }
}
