package dev.cairn.run.notify;

import dev.cairn.files.JsonLines;
import dev.cairn.run.event.RunEvent;
import dev.cairn.run.manifest.AttemptRecord;
import dev.cairn.run.manifest.RunFolder;
import dev.cairn.run.manifest.RunManifest;
import dev.cairn.run.manifest.RunState;
import dev.cairn.run.manifest.StepFolder;
import dev.cairn.run.manifest.StepManifest;
import dev.cairn.run.manifest.StepState;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;

/**
 * Adds events that the manifest shows and the journal lacks: a runner writes the manifest first, and may have been killed, or its disk
 * full, before it wrote the journal. A sender of notifications repairs the journal first. Confined to one thread.
 */
public final class EventJournalRepair {
    private static final Set<StepState> STOPPED =
            EnumSet.of(StepState.WAITING, StepState.PAUSED, StepState.INTERRUPTED, StepState.PREEMPTED, StepState.LOST);

    private final Map<String, String> states = new HashMap<>();
    private final Map<String, Integer> attempts = new HashMap<>();
    private String runState = "";

    private EventJournalRepair() {}

    /** Finds the missing events. The run's owner calls it, and adds them, before it runs the run. */
    public static List<RunEvent> missing(RunManifest run) throws IOException {
        EventJournalRepair repair = new EventJournalRepair();
        JsonLines.read(run.folder().events()).forEach(repair::said);
        return repair.unsaid(run);
    }

    private void said(JsonNode event) {
        String step = event.path("step").asString("");
        switch (event.path("event").asString("")) {
            case "run_changed" -> runState = event.path("state").asString("");
            case "step_changed" -> states.put(step, event.path("state").asString(""));
            case "attempt_started" -> {
                states.put(step, StepState.RUNNING.wire());
                attempts.merge(step, event.path("attempt").asInt(0), Math::max);
            }
            default -> {}
        }
    }

    private List<RunEvent> unsaid(RunManifest run) throws IOException {
        List<RunEvent> events = new ArrayList<>();
        for (StepFolder folder : steps(run.folder())) {
            StepManifest.read(folder).ifPresent(step -> unsaid(step, run.updatedAt(), events));
        }
        RunState state = run.state();
        if (state != RunState.RUNNING && !state.wire().equals(runState)) {
            events.add(new RunEvent.RunChanged(run.endedAt().orElse(run.updatedAt()), state, run.message()));
        }
        return events;
    }

    private void unsaid(StepManifest step, Instant updated, List<RunEvent> events) {
        int known = attempts.getOrDefault(step.stepId(), 0);
        for (AttemptRecord attempt : step.attempts()) {
            // the events of a Slurm job of its own are in the job's journal
            if (attempt.number() > known && attempt.job().isEmpty()) {
                events.add(RunEvent.AttemptStarted.of(step.stepId(), attempt));
            }
        }
        boolean settled = step.state().isFinal() || STOPPED.contains(step.state());
        if (settled && !step.state().wire().equals(states.getOrDefault(step.stepId(), ""))) {
            Instant at = step.lastAttempt()
                    .flatMap(AttemptRecord::end)
                    .map(end -> end.at())
                    .orElse(updated);
            events.add(new RunEvent.StepChanged(at, step.stepId(), step.state(), step.message()));
        }
    }

    private static List<StepFolder> steps(RunFolder run) throws IOException {
        try (Stream<Path> folders = Files.list(run.steps())) {
            return folders.sorted().map(StepFolder::new).toList();
        } catch (NoSuchFileException none) {
            return List.of();
        }
    }
}
