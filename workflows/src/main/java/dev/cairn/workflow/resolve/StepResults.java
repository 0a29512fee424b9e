package dev.cairn.workflow.resolve;

import java.nio.file.Path;
import java.util.Map;

/** Answers for the steps that have ended. Asked only for steps that the asking one needs, directly or not. */
@FunctionalInterface
public interface StepResults {

    StepResult of(String stepId);

    /** The outputs of one instance that has ended, which others of its step need not have; by its place among them. */
    default Map<String, Path> outputs(String stepId, int instance) {
        return of(stepId).outputs().get(instance);
    }
}
