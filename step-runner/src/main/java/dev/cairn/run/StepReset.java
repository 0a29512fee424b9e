package dev.cairn.run;

import dev.cairn.run.manifest.RunFolder;
import dev.cairn.run.manifest.RunManifest;
import dev.cairn.run.manifest.RunState;
import dev.cairn.run.manifest.StepManifest;
import dev.cairn.run.manifest.StepState;
import dev.cairn.run.manifest.WriteGuard;
import dev.cairn.workflow.plan.Instance;
import dev.cairn.workflow.plan.Plan;
import dev.cairn.workflow.plan.PlanStep;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * Resets the steps of a failed or cancelled run, so that they run again. The run's own state changes last, so that
 * after a kill in between the run has still ended and can be reopened again.
 */
final class StepReset {
    private StepReset() {}

    static void ifEnded(RunManifest run, Plan plan, WriteGuard guard, Clock clock) throws IOException {
        if (!run.state().isFinal()) {
            return;
        }
        reopen(run.folder(), plan.steps(), false, guard);
        reopen(run.folder(), plan.onFailure(), true, guard);
        reopen(run.folder(), plan.atEnd(), true, guard);
        open(run, guard, clock);
    }

    /** Resets the run's own state; its steps stay as they are. */
    static void open(RunManifest run, WriteGuard guard, Clock clock) throws IOException {
        run.state(RunState.RUNNING, "", clock.instant());
        run.driven(Duration.ZERO);
        run.save(guard, clock.instant());
    }

    /**
     * @param evenSucceeded also resets steps that succeeded, for the steps at the end of a run, which run at its next
     *     end, too
     */
    private static void reopen(RunFolder run, List<PlanStep> steps, boolean evenSucceeded, WriteGuard guard)
            throws IOException {
        for (PlanStep step : steps) {
            for (Instance instance : step.matrix().instances()) {
                Optional<StepManifest> manifest = StepManifest.read(run.step(instance.id()));
                if (manifest.isPresent() && (evenSucceeded || manifest.get().state() != StepState.SUCCEEDED)) {
                    manifest.get().reopen();
                    manifest.get().save(guard);
                }
            }
        }
    }
}
