package dev.cairn.run.view;

import dev.cairn.engine.StepExit;
import dev.cairn.files.WriteFailure;
import dev.cairn.run.home.RunStore;
import dev.cairn.run.manifest.AttemptRecord;
import dev.cairn.run.manifest.CommandOrigin;
import dev.cairn.run.manifest.ImageRecord;
import dev.cairn.run.manifest.OwnerRecord;
import dev.cairn.run.manifest.RunManifest;
import dev.cairn.run.manifest.RunManifest.StepLine;
import dev.cairn.run.manifest.StepManifest;
import dev.cairn.run.manifest.StepState;
import dev.cairn.run.manifest.UndoneFiles;
import java.io.IOException;
import java.time.Duration;
import java.util.Collection;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;

/** The documented JSON shapes of runs, steps, attempts and images. */
public final class RunJson {
    private RunJson() {}

    /** A run with all its steps, for {@code show}. */
    public static JsonObject whole(RunManifest run) throws IOException {
        JsonObject inputs = new JsonObject();
        run.origin().inputs().forEach(inputs::put);
        return new JsonObject()
                .put("run", run(run, RunStore.ownerOf(run.folder())))
                .put("inputs", inputs)
                .put(
                        "steps",
                        RunStore.steps(run).stream()
                                .map(step -> step(run, step))
                                .toList());
    }

    public static JsonObject run(RunManifest run, Optional<OwnerRecord> owner) {
        return new JsonObject()
                .put("id", run.id())
                .put("name", run.origin().name())
                .put("key", run.origin().key())
                .put("kind", run.origin().command().isPresent() ? "exec" : "workflow")
                .put("workflow", run.origin().workflow())
                .put("command", run.origin().command().map(CommandOrigin::words))
                .put("state", run.state().wire())
                .put("message", run.message())
                .put("started_at", run.createdAt())
                .put("ended_at", run.endedAt())
                .put("steps", counts(run.steps().values()))
                .put("owner", owner.map(RunJson::owner))
                .put("path", run.folder().path());
    }

    public static JsonObject frozen(Map<String, Duration> steps) {
        JsonObject frozen = new JsonObject();
        steps.forEach((step, silent) -> frozen.put(step, silent.toMillis()));
        return frozen;
    }

    private static JsonObject counts(Collection<StepLine> steps) {
        Map<StepState, Integer> byState = new EnumMap<>(StepState.class);
        steps.forEach(step -> byState.merge(step.state(), 1, Integer::sum));
        JsonObject counts = new JsonObject().put("total", steps.size());
        byState.forEach((state, count) -> counts.put(state.wire(), count));
        return counts;
    }

    private static JsonObject failure(WriteFailure failure) {
        return new JsonObject().put("reason", failure.reason()).put("since", failure.since());
    }

    private static JsonObject owner(OwnerRecord owner) {
        return new JsonObject()
                .put("host", owner.host())
                .put("pid", owner.process().pid())
                .put("cannot_write", owner.cannotWrite().map(RunJson::failure));
    }

    public static JsonObject step(RunManifest run, StepManifest step) {
        JsonObject outputs = new JsonObject();
        step.outputs().forEach(outputs::put);
        step.texts().forEach(outputs::put);
        return new JsonObject()
                .put("id", step.stepId())
                .put("label", run.label(step.stepId()))
                .put("state", step.state().wire())
                .put("message", step.message())
                .put("waiting_until", step.waitingUntil())
                .put("outputs", outputs)
                .put("reused_from", step.reusedFrom())
                .put(
                        "attempts",
                        step.attempts().stream()
                                .map(attempt -> attempt(step, attempt))
                                .toList())
                .put(
                        "images",
                        step.images().stream().map(image -> image(step, image)).toList());
    }

    private static JsonObject attempt(StepManifest step, AttemptRecord attempt) {
        Optional<StepExit> end = attempt.end();
        return new JsonObject()
                .put("number", attempt.number())
                .put("host", attempt.host().name())
                .put("kernel", attempt.host().kernel())
                .put("engine", attempt.engine())
                .put("started_at", attempt.startedAt())
                .put("resumed_from", attempt.resumedFrom())
                .put(
                        "passed",
                        attempt.passed().stream()
                                .map(rejected -> new JsonObject()
                                        .put("sequence", rejected.image())
                                        .put("reason", rejected.reason()))
                                .toList())
                .put("repeats_ms", attempt.repeats())
                .put("ended_at", end.map(StepExit::at))
                .put("cause", end.map(exit -> exit.cause().wire()))
                .put("exit_code", end.map(StepExit::exitCode))
                .put("signal", end.map(StepExit::signal))
                .put("running_ms", end.map(StepExit::running))
                .put("message", end.map(StepExit::message))
                .put("shortage", attempt.shortage())
                .put(
                        "rolled_back",
                        UndoneFiles.shown(step.folder(), attempt.number()).map(RunJson::rolledBack));
    }

    private static JsonObject rolledBack(UndoneFiles undone) {
        return new JsonObject()
                .put("files", undone.files())
                .put("bytes", undone.bytes())
                .put("path", undone.path());
    }

    private static JsonObject image(StepManifest step, ImageRecord image) {
        return new JsonObject()
                .put("sequence", image.sequence())
                .put("path", step.folder().image(image.sequence()))
                .put("attempt", image.attempt())
                .put("at", image.at())
                .put("reason", image.reason())
                .put("bytes", image.bytes())
                .put("raw_bytes", image.rawBytes())
                .put("digest", image.digest())
                .put("pause_us", micros(image.pause()))
                .put("took_us", micros(image.took()))
                .put("standing", image.standing())
                .put("parent", image.parent());
    }

    /** An image outside its step, in a list. */
    public static JsonObject imageOf(StepManifest step, ImageRecord image) {
        JsonObject named = new JsonObject().put("step", step.stepId());
        image(step, image).fields().forEach(named::put);
        return named;
    }

    private static long micros(Duration duration) {
        return duration.toNanos() / 1000;
    }
}
