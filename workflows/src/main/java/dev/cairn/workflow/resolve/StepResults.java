package dev.cairn.workflow.resolve;

import java.util.List;

/** Answers for the steps that have ended. Asked only for steps that the asking one needs, directly or not. */
@FunctionalInterface
public interface StepResults {

    StepResult of(String stepId);

    /** Likewise of one instance that has ended, which others of its step need not have; by its place among them. */
    default StepResult of(String stepId, int instance) {
        StepResult all = of(stepId);
        return new StepResult(all.status(), List.of(all.outputs().get(instance)));
    }
}
