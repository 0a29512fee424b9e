package dev.cairn.workflow.resolve;

import java.util.List;

/** The results of steps that have ended. An expression asks only for steps that its own step needs, directly or not. */
@FunctionalInterface
public interface StepResults {

    StepResult of(String stepId);

    /** The result of one instance that has ended, by its index. The other instances of its step need not have ended. */
    default StepResult of(String stepId, int instance) {
        StepResult all = of(stepId);
        return new StepResult(all.status(), List.of(all.outputs().get(instance)));
    }
}
