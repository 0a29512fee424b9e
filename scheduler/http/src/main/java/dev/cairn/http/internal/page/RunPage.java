package dev.cairn.http.internal.page;

import dev.cairn.http.internal.runs.RunControl;
import dev.cairn.http.internal.runs.ServedRuns;
import dev.cairn.http.internal.server.HttpError;
import dev.cairn.http.internal.server.Request;
import dev.cairn.run.ResumeOptions;
import dev.cairn.run.control.CommandResult;
import dev.cairn.run.control.RunCommand;
import dev.cairn.run.home.RunStore;
import dev.cairn.run.manifest.ImageRecord;
import dev.cairn.run.manifest.RunManifest;
import dev.cairn.run.manifest.RunState;
import dev.cairn.run.manifest.StepManifest;
import dev.cairn.run.manifest.StepState;
import dev.cairn.run.view.RunTimeline;
import dev.cairn.run.view.RunTotals;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** One run: what became of it, why it failed, and what can be done with it. Thread-safe. */
public final class RunPage {
    /** Steps of a page, and images of a step. */
    private static final int SHOWN = 100;

    private final ServedRuns runs;
    private final RunControl control;
    private final Clock clock;

    RunPage(ServedRuns runs, RunControl control, Clock clock) {
        this.runs = runs;
        this.control = control;
        this.clock = clock;
    }

    /**
     * What is shown.
     *
     * @param steps of this page, with {@code totals} and {@code saved}
     * @param counts how many steps of the run are in which state
     * @param next the first step of the next page; 0 for none
     */
    public record View(
            RunManifest run,
            List<StepManifest> steps,
            List<FailedStep> failed,
            Swimlanes lanes,
            StepGraph graph,
            RunTotals totals,
            Duration saved,
            String counts,
            int next,
            String formKey,
            boolean writes) {
        /** Whether a person may choose where steps resume. */
        public boolean resumable() {
            return writes && (run.state() == RunState.FAILED || run.state() == RunState.INTERRUPTED);
        }
    }

    View view(Request request, String formKey, boolean writes) throws IOException, HttpError {
        RunManifest run = runs.find(request.path("run")).run();
        List<String> ids = inOrder(run);
        int from = (int) request.number("from", 0, ids.size());
        int to = Math.min(ids.size(), from + SHOWN);
        List<StepManifest> steps = new ArrayList<>();
        for (String id : ids.subList(from, to)) {
            StepManifest.read(run.folder().step(id)).ifPresent(steps::add);
        }
        RunPlan plan = RunPlan.of(run, clock);
        List<FailedStep> failed = new ArrayList<>();
        for (StepManifest step : steps) {
            if (step.state() == StepState.FAILED) {
                failed.add(FailedStep.of(run, step, plan));
            }
        }
        return new View(
                run,
                steps,
                failed,
                Swimlanes.of(run, steps, RunTimeline.of(run), clock.instant()),
                StepGraph.of(run, plan.steps()),
                RunTotals.of(run, steps),
                WorkSaved.of(steps),
                counts(run),
                to < ids.size() ? to : 0,
                formKey,
                writes);
    }

    /** In the order of the plan; in a run of several pages the failed ones first. */
    private static List<String> inOrder(RunManifest run) {
        List<String> failed = new ArrayList<>();
        List<String> others = new ArrayList<>();
        run.steps().forEach((id, line) -> (line.state() == StepState.FAILED ? failed : others).add(id));
        if (failed.size() + others.size() <= SHOWN) {
            return List.copyOf(run.steps().keySet());
        }
        failed.addAll(others);
        return failed;
    }

    private static String counts(RunManifest run) {
        Map<String, Long> counts = run.steps().values().stream()
                .collect(Collectors.groupingBy(line -> line.state().wire(), TreeMap::new, Collectors.counting()));
        return counts.entrySet().stream()
                .map(count -> count.getValue() + " " + count.getKey())
                .collect(Collectors.joining(", "));
    }

    /** Those images of a step that a page shows, newest first. */
    public static List<ImageRecord> newest(List<ImageRecord> images) {
        List<ImageRecord> newest = new ArrayList<>(images.subList(Math.max(0, images.size() - SHOWN), images.size()));
        newest.sort(Comparator.comparing(ImageRecord::sequence).reversed());
        return newest;
    }

    /** @return the run */
    RunManifest act(Request request) throws Exception {
        ServedRuns.Found found = runs.find(request.path("run"));
        switch (request.path("action")) {
            case "checkpoint" -> check(control.ask(found, new RunCommand.Checkpoint(Optional.empty(), false)));
            case "pause" -> check(control.ask(found, new RunCommand.Pause()));
            case "cancel" -> check(control.ask(found, new RunCommand.Cancel()));
            case "resume" -> control.resume(found, chosen(found.run(), request), false);
            case "restart" ->
                control.resume(
                        found, new ResumeOptions(false, false, Map.of(), Set.of(step(found.run(), request))), false);
            case "unpause" -> {
                RunControl.checkPaused(found.run());
                control.resume(found, ResumeOptions.NONE, true);
            }
            default -> throw new HttpError(404, "there is nothing at this path");
        }
        return found.run();
    }

    private static ResumeOptions chosen(RunManifest run, Request request) throws IOException, HttpError {
        Optional<String> image = request.form("image");
        if (image.isEmpty()) {
            return ResumeOptions.NONE;
        }
        if (!image.get().matches("\\d{1,18}")) {
            throw new HttpError(400, "image: not a number from 0 on");
        }
        return new ResumeOptions(false, false, Map.of(step(run, request), Long.parseLong(image.get())), Set.of());
    }

    private static String step(RunManifest run, Request request) throws IOException {
        return RunStore.stepId(run, request.form("step").orElse(""));
    }

    private static void check(CommandResult answer) throws HttpError {
        for (CommandResult.Line line : answer.lines()) {
            if (!line.ok()) {
                throw new HttpError(409, line.step() + ": " + line.failure());
            }
        }
    }
}
