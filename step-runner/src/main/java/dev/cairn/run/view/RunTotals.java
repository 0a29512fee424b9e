package dev.cairn.run.view;

import dev.cairn.engine.StepExit;
import dev.cairn.run.manifest.AttemptRecord;
import dev.cairn.run.manifest.RunManifest;
import dev.cairn.run.manifest.StepManifest;
import dev.cairn.run.manifest.UndoneFiles;
import java.time.Duration;
import java.util.List;

/**
 * The totals of a run.
 *
 * @param attempts number of attempts of all steps
 * @param resumed how many attempts resumed from an image
 * @param unended how many attempts have no known end; their running time is not known yet
 * @param running total running time of the steps
 * @param repeated the repeated part of that, at most
 * @param rolledBackFiles how many files resumes moved away or truncated, counted each time
 * @param rolledBackBytes the size of those files
 * @param wall time from the run's start to its end, or to its last sign of activity
 */
public record RunTotals(
        int attempts,
        int resumed,
        int unended,
        Duration running,
        Duration repeated,
        Duration wall,
        long rolledBackFiles,
        long rolledBackBytes) {

    public static RunTotals of(RunManifest run, List<StepManifest> steps) {
        List<AttemptRecord> attempts =
                steps.stream().flatMap(step -> step.attempts().stream()).toList();
        int resumed = (int) attempts.stream()
                .filter(attempt -> attempt.resumedFrom().orElse(0) > 0)
                .count();
        int unended = (int)
                attempts.stream().filter(attempt -> attempt.end().isEmpty()).count();
        Duration running = attempts.stream()
                .flatMap(attempt -> attempt.end().stream())
                .map(StepExit::running)
                .reduce(Duration.ZERO, Duration::plus);
        Duration repeated = attempts.stream().map(AttemptRecord::repeats).reduce(Duration.ZERO, Duration::plus);
        Duration wall = Duration.between(run.createdAt(), run.endedAt().orElse(run.updatedAt()));
        List<UndoneFiles> undone = steps.stream()
                .flatMap(step -> step.attempts().stream()
                        .flatMap(attempt -> UndoneFiles.shown(step.folder(), attempt.number()).stream()))
                .toList();
        return new RunTotals(
                attempts.size(),
                resumed,
                unended,
                running,
                repeated,
                wall,
                undone.stream().mapToLong(UndoneFiles::files).sum(),
                undone.stream().mapToLong(UndoneFiles::bytes).sum());
    }

    public JsonObject json() {
        return new JsonObject()
                .put("attempts", attempts)
                .put("resumed", resumed)
                .put("unended", unended)
                .put("running_ms", running)
                .put("repeated_ms", repeated)
                .put("wall_ms", wall)
                .put("rolled_back_files", rolledBackFiles)
                .put("rolled_back_bytes", rolledBackBytes);
    }
}
