package dev.cairn.run.walk;

import dev.cairn.run.manifest.StepManifest;
import dev.cairn.run.step.Turn;
import dev.cairn.workflow.expression.Upstream;
import dev.cairn.workflow.plan.Instance;
import dev.cairn.workflow.plan.PlanStep;
import dev.cairn.workflow.resolve.StepResults;

/** Says how a step takes its turn when it comes, and whether it is to do anything. Called from the walk's thread. */
public interface TaskSource {

    /** Made once the walk can tell what the steps that have ended came to. */
    @FunctionalInterface
    interface Factory {
        TaskSource over(StepResults results);
    }

    /** @throws UnresolvableException when the step's condition has no value */
    boolean wanted(PlanStep step, Instance instance, Upstream upstream) throws UnresolvableException;

    /** Whether something of the step may be under way although no attempt of it is open: a job that waits. */
    default boolean isUnderWay(PlanStep step, Instance instance) {
        return false;
    }

    /** @throws UnresolvableException when something that the step refers to is missing or unfit */
    Turn turn(PlanStep step, Instance instance, StepManifest manifest) throws UnresolvableException;
}
