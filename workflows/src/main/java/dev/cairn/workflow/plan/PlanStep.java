package dev.cairn.workflow.plan;

import dev.cairn.workflow.expression.Condition;
import dev.cairn.workflow.expression.Expression;
import dev.cairn.workflow.expression.Template;
import dev.cairn.workflow.spec.EnvLayer;
import dev.cairn.workflow.spec.Setting;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * One step, with all its instances; immutable.
 *
 * @param id unique in the run, and valid as a file name
 * @param name a name for people
 * @param needs ids of the steps that must have ended before it, each once; a matrix step has ended when all its
 *     instances have
 * @param condition checked for each instance when all of {@code needs} have ended; if it does not hold, the instance is
 *     skipped
 * @param action what the step does
 * @param matrix its instances; one for a step without {@code strategy}
 * @param surroundings environment, folder and input of the action
 * @param products the files and texts that the step leaves
 * @param policies limits, retries and checkpoints
 * @param placement where it runs, and its resources
 * @param use the use of the workflow file that holds the step; empty for the run's own file
 */
public record PlanStep(
        String id,
        String name,
        List<String> needs,
        Condition condition,
        Action action,
        Matrix matrix,
        Surroundings surroundings,
        Products products,
        Policies policies,
        Placement placement,
        Optional<Use> use) {

    public PlanStep {
        needs = List.copyOf(needs);
    }

    /** A step that needs no other, with default settings except the policies. */
    public static PlanStep alone(String id, Action action, Policies policies) {
        return new PlanStep(
                id,
                id,
                List.of(),
                Condition.WHEN_WELL,
                action,
                Matrix.single(id),
                Surroundings.NONE,
                Products.NONE,
                policies,
                Placement.HERE,
                Optional.empty());
    }

    /** The same step as the only one of a plan, with one of its instances and another placement. */
    public PlanStep alone(Matrix onlyInstance, Placement elsewhere) {
        return new PlanStep(
                id,
                name,
                List.of(),
                Condition.WHEN_WELL,
                action,
                onlyInstance,
                surroundings,
                products,
                policies,
                elsewhere,
                use);
    }

    /** The id in the plan of a step, by its id in this step's file. */
    public String idOf(String written) {
        return use.map(it -> it.stepId(written)).orElse(written);
    }

    /** Whether the step has no process: it is the begin or the end of a used workflow file. */
    public boolean isEdgeOfPart() {
        return action instanceof Action.EnterPart || action instanceof Action.LeavePart;
    }

    /** Whether its failure fails the run. Inside a used file, it fails the end of that file instead. */
    public boolean isOutermost() {
        Optional<Use> within = action instanceof Action.LeavePart ? use.flatMap(Use::around) : use;
        return within.isEmpty();
    }

    /** Passes every expression that is computed when the step starts, with all parts, to {@code visitor}. */
    public void visit(Consumer<Expression> visitor) {
        templates(template -> template.visit(visitor));
        condition.expression().visit(visitor);
    }

    private void templates(Consumer<Template> visitor) {
        if (action instanceof Action.Script script) {
            visitor.accept(script.text());
        } else if (action instanceof Action.Command command) {
            command.words().forEach(visitor);
        } else if (action instanceof Action.Uses uses) {
            uses.with().values().forEach(parameter -> parameter.templates(visitor));
        } else if (action instanceof Action.EnterPart part) {
            part.with().values().forEach(parameter -> parameter.templates(visitor));
        }
        for (EnvLayer layer : surroundings().environment()) {
            layer.files().forEach(visitor);
            layer.variables().values().forEach(visitor);
        }
        surroundings().workingDirectory().ifPresent(visitor);
        surroundings().standardInput().ifPresent(visitor);
        products().outputs().values().forEach(visitor);
        products().artifacts().forEach(visitor);
        policies().rollback().trees().forEach(visitor);
        policies().cache().ifPresent(files -> files.forEach(visitor));
        policies().checkpoint().app().flatMap(CheckpointPlan.App::resumeRun).ifPresent(visitor);
        limits(visitor);
    }

    /** Whether its resources differ between its tries. */
    public boolean asksForItsAttempt() {
        List<Expression> asked = new ArrayList<>();
        limits(template -> template.references().stream()
                .filter(reference -> reference.dotted().equals("step.attempt"))
                .forEach(asked::add));
        return !asked.isEmpty();
    }

    /** Whether an expression computes its resources or its time limit. */
    public boolean hasComputedLimits() {
        List<Template> computed = new ArrayList<>();
        limits(template -> {
            if (!template.isLiteral()) {
                computed.add(template);
            }
        });
        return !computed.isEmpty();
    }

    /** The templates of its time limit and its resources. */
    private void limits(Consumer<Template> visitor) {
        policies().timeout().flatMap(Setting::computed).ifPresent(visitor);
        placement().cpus().computed().ifPresent(visitor);
        placement().memoryBytes().flatMap(Setting::computed).ifPresent(visitor);
        placement().slurm().ifPresent(slurm -> {
            slurm.settings().values().forEach(visitor);
            slurm.options().forEach(visitor);
        });
    }
}
