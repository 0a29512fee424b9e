package dev.cairn.workflow.resolve;

/** Answers for the steps that have ended. Asked only for steps that the asking one needs, directly or not. */
@FunctionalInterface
public interface StepResults {

    StepResult of(String stepId);
}
