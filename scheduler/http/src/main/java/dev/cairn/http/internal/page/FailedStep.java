package dev.cairn.http.internal.page;

import dev.cairn.http.internal.runs.LogPart;
import dev.cairn.run.manifest.AttemptRecord;
import dev.cairn.run.manifest.ImageRecord;
import dev.cairn.run.manifest.RunManifest;
import dev.cairn.run.manifest.StepFolder;
import dev.cairn.run.manifest.StepManifest;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Why a step failed, and what can be done. Immutable.
 *
 * @param command as it is written
 * @param end how its last attempt ended
 * @param lastLines of what it wrote, errors if it wrote any
 * @param image the newest that it has; 0 for none
 */
public record FailedStep(
        String id, String label, String message, String command, String end, String lastLines, long image) {
    private static final int BYTES = 4096;
    private static final int LINES = 20;

    static FailedStep of(RunManifest run, StepManifest step, RunPlan plan) throws IOException {
        String errors = lastLines(step.folder(), true);
        return new FailedStep(
                step.stepId(),
                run.label(step.stepId()),
                step.message(),
                plan.commandOf(step.stepId()),
                step.lastAttempt()
                        .flatMap(AttemptRecord::end)
                        .map(FailedStep::words)
                        .orElse("-"),
                errors.isBlank() ? lastLines(step.folder(), false) : errors,
                newest(step).map(ImageRecord::sequence).orElse(0L));
    }

    private static String words(dev.cairn.engine.StepExit end) {
        return end.cause().wire()
                + end.exitCode().stream()
                        .mapToObj(code -> ", exit code " + code)
                        .findFirst()
                        .orElse("");
    }

    private static Optional<ImageRecord> newest(StepManifest step) {
        return step.images().stream().reduce((earlier, later) -> later);
    }

    private static String lastLines(StepFolder step, boolean stderr) throws IOException {
        long size = LogPart.read(step, stderr, 0, 0).size();
        LogPart part = LogPart.read(step, stderr, Math.max(0, size - BYTES), BYTES);
        String[] lines = new String(part.text(), StandardCharsets.UTF_8).split("\n");
        return java.util.Arrays.stream(lines)
                .skip(Math.max(0, lines.length - LINES))
                .collect(Collectors.joining("\n"));
    }
}
