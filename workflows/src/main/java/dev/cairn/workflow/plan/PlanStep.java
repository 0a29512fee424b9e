package dev.cairn.workflow.plan;

import dev.cairn.workflow.expression.Condition;
import java.util.List;

/**
 * One step, with all its instances; immutable.
 *
 * @param id unique in the run, fit for a file name
 * @param name for people
 * @param needs ids of the steps that must have ended before it, each once; a matrix step has ended when all its instances have
 * @param condition asked for each instance when all of {@code needs} have ended; when it does not hold the instance is skipped
 * @param action what it does
 * @param matrix its instances; one for a step without {@code strategy}
 * @param surroundings what the action finds around it
 * @param products what it leaves behind
 * @param policies how long, how often, how safely
 * @param placement where it runs and what it takes there
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
        Placement placement) {

    public PlanStep {
        needs = List.copyOf(needs);
    }

    /** A step that needs nothing and has only policies of its own. */
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
                Placement.HERE);
    }
}
