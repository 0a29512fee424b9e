package dev.cairn.run.walk;

import dev.cairn.run.manifest.RunFolder;
import dev.cairn.workflow.expression.Upstream;
import dev.cairn.workflow.plan.Plan;
import dev.cairn.workflow.plan.PlanStep;
import dev.cairn.workflow.resolve.StepResults;
import java.io.IOException;
import java.util.List;

/** What the steps of a run came to, for somebody who does not walk over them: as their manifests say it now. */
public final class RecordedResults {
    private RecordedResults() {}

    public static StepResults of(RunFolder run, Plan plan) throws IOException {
        Results results = new Results();
        for (List<PlanStep> steps : List.of(plan.steps(), plan.onFailure(), plan.atEnd())) {
            Phase.load(run, steps, false, Upstream.WELL).groups().forEach(results::add);
        }
        return results;
    }
}
