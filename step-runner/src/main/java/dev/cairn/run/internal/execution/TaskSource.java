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

/**
 * Creates the execution of a step when it starts, and decides whether the step runs at all. Called from the executor's
 * thread.
 */
public interface TaskSource {

    /** Made once the executor knows the results of the ended steps. */
    @FunctionalInterface
    interface Factory {
        TaskSource over(StepResults results);
    }

    /** @throws UnresolvableException if the step's condition has no value */
    boolean wanted(PlanStep step, Instance instance, Upstream upstream) throws UnresolvableException;

    /**
     * Decides a matrix for good, from values of the steps that it awaits. Without values it stays open.
     *
     * @throws UnresolvableException if they cannot be read
     */
    void decide(PlanStep step) throws IOException, UnresolvableException;

    /** Whether a job of the step may be waiting although the step has no open attempt. */
    default boolean isUnderWay(PlanStep step, Instance instance) {
        return false;
    }

    /**
     * Starts instances of one step together, in one job that obeys {@code max_parallel} itself.
     *
     * @return to be called once their executions were created; empty if each starts by itself
     */
    default Optional<Runnable> together(PlanStep step, List<Instance> instances) {
        return Optional.empty();
    }

    /** The resources of this host that an instance takes while it runs. They may differ between its tries. */
    Capacity wants(PlanStep step, Instance instance, StepManifest manifest);

    /** @throws UnresolvableException if something to which the step refers is missing or invalid */
    StepExecution execution(PlanStep step, Instance instance, StepManifest manifest) throws UnresolvableException;
}
