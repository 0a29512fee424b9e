package dev.cairn.http.internal.page;

import dev.cairn.engine.StepExit;
import dev.cairn.run.manifest.AttemptRecord;
import dev.cairn.run.manifest.StepManifest;
import java.time.Duration;
import java.util.List;

/** Running time that resumes did not have to repeat, counted for attempts that have ended. */
final class WorkSaved {
    private WorkSaved() {}

    static Duration of(List<StepManifest> steps) {
        return steps.stream().map(WorkSaved::of).reduce(Duration.ZERO, Duration::plus);
    }

    private static Duration of(StepManifest step) {
        Duration saved = Duration.ZERO;
        Duration progress = Duration.ZERO;
        for (AttemptRecord attempt : step.attempts()) {
            boolean resumed = attempt.resumedFrom().orElse(0) > 0;
            Duration kept = resumed ? progress.minus(attempt.repeats()) : Duration.ZERO;
            kept = kept.isNegative() ? Duration.ZERO : kept;
            saved = saved.plus(kept);
            progress = kept.plus(attempt.end().map(StepExit::running).orElse(Duration.ZERO));
        }
        return saved;
    }
}
