package dev.cairn.run.internal.execution;

import dev.cairn.run.manifest.RunFolder;
import dev.cairn.workflow.plan.Plan;
import dev.cairn.workflow.plan.PlanStep;
import dev.cairn.workflow.resolve.StepResult;
import dev.cairn.workflow.resolve.StepResults;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The results of the steps of a run, for code outside the executor: reads a step's manifest when its result is asked for. Confined to
 * one thread.
 */
public final class RecordedResults implements StepResults {
    private final RunFolder run;
    private final Plan plan;
    private final Map<String, StepResult> known = new HashMap<>();

    public RecordedResults(RunFolder run, Plan plan) {
        this.run = run;
        this.plan = plan;
    }

    /** @throws UncheckedIOException when a manifest cannot be read */
    @Override
    public StepResult of(String stepId) {
        return known.computeIfAbsent(stepId, this::read);
    }

    /** @throws UncheckedIOException when a manifest cannot be read */
    @Override
    public StepResult of(String stepId, int instance) {
        try {
            return Results.of(Phase.alone(run, step(stepId)).nodes.get(instance));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private StepResult read(String stepId) {
        return read(step(stepId));
    }

    private PlanStep step(String stepId) {
        for (List<PlanStep> steps : List.of(plan.steps(), plan.onFailure(), plan.atEnd())) {
            for (PlanStep step : steps) {
                if (step.id().equals(stepId)) {
                    return step;
                }
            }
        }
        throw new IllegalArgumentException("there is no step " + stepId + " in this run");
    }

    private StepResult read(PlanStep step) {
        try {
            return Results.of(Phase.alone(run, step));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
