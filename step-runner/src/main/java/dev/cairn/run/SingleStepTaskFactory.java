package dev.cairn.run;

import dev.cairn.run.internal.execution.Capacity;
import dev.cairn.run.internal.execution.TaskSource;
import dev.cairn.run.internal.execution.UnresolvableException;
import dev.cairn.run.internal.step.StepExecution;
import dev.cairn.run.manifest.StepManifest;
import dev.cairn.workflow.expression.Upstream;
import dev.cairn.workflow.plan.Instance;
import dev.cairn.workflow.plan.PlanStep;

/** Creates the task of one step in its job. Uses the whole plan, so that expressions have the same values. */
final class SingleStepTaskFactory implements TaskSource {
    private final StepTaskFactory planned;
    private final PlanStep inPlan;

    SingleStepTaskFactory(StepTaskFactory planned, PlanStep inPlan) {
        this.planned = planned;
        this.inPlan = inPlan;
    }

    @Override
    public boolean wanted(PlanStep step, Instance instance, Upstream upstream) {
        return true;
    }

    @Override
    public void decide(PlanStep step) {
        throw new IllegalStateException("the submitter decides the matrix of " + step.id());
    }

    @Override
    public Capacity wants(PlanStep step, Instance instance, StepManifest manifest) {
        return planned.wants(inPlan, instance, manifest);
    }

    @Override
    public StepExecution execution(PlanStep step, Instance instance, StepManifest manifest)
            throws UnresolvableException {
        return planned.execution(inPlan, instance, manifest);
    }
}
