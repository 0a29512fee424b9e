package dev.cairn.run;

import dev.cairn.run.manifest.StepManifest;
import dev.cairn.run.step.Turn;
import dev.cairn.run.walk.TaskSource;
import dev.cairn.run.walk.UnresolvableException;
import dev.cairn.workflow.expression.Upstream;
import dev.cairn.workflow.plan.Instance;
import dev.cairn.workflow.plan.PlanStep;

/** One step, in its job: as the whole plan has it, so that its expressions mean the same. */
final class JobTasks implements TaskSource {
    private final PlannedTasks planned;
    private final PlanStep inPlan;

    JobTasks(PlannedTasks planned, PlanStep inPlan) {
        this.planned = planned;
        this.inPlan = inPlan;
    }

    @Override
    public boolean wanted(PlanStep step, Instance instance, Upstream upstream) {
        return true;
    }

    @Override
    public Turn turn(PlanStep step, Instance instance, StepManifest manifest) throws UnresolvableException {
        return planned.turn(inPlan, instance, manifest);
    }
}
