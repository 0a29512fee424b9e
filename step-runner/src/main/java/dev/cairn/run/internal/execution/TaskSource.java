package dev.cairn.run.internal.execution;

import dev.cairn.run.internal.step.StepExecution;
import dev.cairn.run.manifest.StepManifest;
import dev.cairn.workflow.expression.Upstream;
import dev.cairn.workflow.plan.Instance;
import dev.cairn.workflow.plan.PlanStep;
import dev.cairn.workflow.resolve.StepResults;
import java.io.IOException;
import java.util.List;
import java.util.Optional;

/** Says how a step takes its execution when it comes, and whether it is to do anything. Called from the executor's thread. */
public interface TaskSource {

    /** Made once the executor knows the results of the ended steps. */
    @FunctionalInterface
    interface Factory {
        TaskSource over(StepResults results);
    }

    /** @throws UnresolvableException when the step's condition has no value */
    boolean wanted(PlanStep step, Instance instance, Upstream upstream) throws UnresolvableException;

    /**
     * Decides a matrix whose values the steps that it awaits have found, for ever; none leave it open.
     *
     * @throws UnresolvableException when they cannot be read
     */
    void decide(PlanStep step) throws IOException, UnresolvableException;

    /** Whether something of the step may be under way although no attempt of it is open: a job that waits. */
    default boolean isUnderWay(PlanStep step, Instance instance) {
        return false;
    }

    /**
     * Starts instances of one step together, in one job that obeys {@code max_parallel} itself.
     *
     * @return to be run once their executions were asked for; empty when each is started for itself
     */
    default Optional<Runnable> together(PlanStep step, List<Instance> instances) {
        return Optional.empty();
    }

    /** What an instance takes of this host while it runs: its limits may differ between its tries. */
    Capacity wants(PlanStep step, Instance instance, StepManifest manifest);

    /** @throws UnresolvableException when something that the step refers to is missing or unfit */
    StepExecution execution(PlanStep step, Instance instance, StepManifest manifest) throws UnresolvableException;
}
