package dev.cairn.run.internal.step;

import dev.cairn.engine.EndCause;
import dev.cairn.engine.StepExit;
import dev.cairn.files.Presence;
import dev.cairn.files.SteadyRead;
import dev.cairn.files.TreeRemoval;
import dev.cairn.run.event.RunEvent;
import dev.cairn.run.internal.resume.NextAction;
import dev.cairn.run.internal.resume.RetryBudgets;
import dev.cairn.run.internal.reuse.EarlierSuccess;
import dev.cairn.run.manifest.AttemptRecord;
import dev.cairn.run.manifest.StepManifest;
import dev.cairn.run.manifest.StepState;
import dev.cairn.workflow.spec.Step;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** Records how an attempt ended and what follows from it, in one write of the manifest. */
final class AttemptRecorder {
    /** The texts that the ended attempt has written to {@code $CAIRN_OUTPUT}. */
    private Map<String, String> texts = Map.of();

    private static final Set<EndCause> STOPPED = Set.of(EndCause.PREEMPTED, EndCause.INTERRUPTED);
    /** Causes with which the shutdown or preemption of a host ends attempts. */
    private static final Set<EndCause> SWEPT_AWAY = Set.of(EndCause.FAILURE, EndCause.OOM, EndCause.KILLED);

    private final StepManifest manifest;
    private final StepTask task;
    private final StepServices services;

    AttemptRecorder(StepManifest manifest, StepTask task, StepServices services) {
        this.manifest = manifest;
        this.task = task;
        this.services = services;
    }

    /** The attempts that count against the budgets. */
    static List<AttemptRecord> counted(StepManifest manifest) {
        return manifest.attempts().stream()
                .filter(attempt -> attempt.number() >= manifest.budgetFrom())
                .toList();
    }

    NextAction of(StepExit found) throws IOException {
        return of(found, (exit, usual) -> usual);
    }

    /**
     * Records the end of an attempt that this runner had asked to stop. If it ended from outside meanwhile, it does not
     * start again. During a preemption, no end but a success counts as the program's own.
     */
    NextAction ofStopped(StepExit found, EndCause asked) throws IOException {
        boolean swept = asked == EndCause.PREEMPTED && maySweepAway(found);
        return of(
                swept ? preempted(found, "the preemption") : found,
                (exit, usual) ->
                        RetryBudgets.isBlameless(exit) ? new NextAction.Rest(left(asked), exit.message()) : usual);
    }

    /** Records the end of an attempt that an earlier runner started and may have stopped; a stopped attempt is resumed. */
    NextAction ofEarlier(StepExit found) throws IOException {
        return of(
                found,
                (exit, usual) -> STOPPED.contains(exit.cause())
                        ? new NextAction.TryAgain(services.clock().instant(), "it was stopped under an earlier runner")
                        : usual);
    }

    /** Decides what follows an end, within the budgets. */
    @FunctionalInterface
    private interface Follow {
        NextAction move(StepExit exit, NextAction usual);
    }

    /** A host that shuts down ends a step's processes in any order, and may signal the runner last. */
    NextAction ofEvicted(StepExit found, String what) throws IOException {
        return of(
                preempted(found, "this: " + what),
                (exit, usual) -> new NextAction.Rest(StepState.PREEMPTED, exit.message()));
    }

    /** Whether a shutdown or preemption of the host may have caused this end. */
    static boolean maySweepAway(StepExit exit) {
        return SWEPT_AWAY.contains(exit.cause());
    }

    private static StepExit preempted(StepExit exit, String when) {
        String how = exit.signal().isPresent()
                ? "by signal " + exit.signal().getAsInt()
                : exit.exitCode().isPresent()
                        ? "with exit code " + exit.exitCode().getAsInt()
                        : exit.message();
        return new StepExit(
                EndCause.PREEMPTED,
                exit.exitCode(),
                exit.signal(),
                exit.at(),
                exit.running(),
                "it ended, " + how + ", during " + when,
                exit.image());
    }

    private static StepState left(EndCause asked) {
        return switch (asked) {
            case PREEMPTED -> StepState.PREEMPTED;
            case PAUSED -> StepState.PAUSED;
            case CANCELLED -> StepState.CANCELLED;
            default -> StepState.INTERRUPTED;
        };
    }

    private NextAction of(StepExit found, Follow follow) throws IOException {
        StepExit exit = withOutputsChecked(found);
        AttemptRecord attempt = manifest.lastAttempt().orElseThrow().ended(exit);
        manifest.put(attempt);
        Instant now = services.clock().instant();
        NextAction move =
                follow.move(exit, RetryBudgets.after(counted(manifest), manifest.images(), task.retry(), now));
        boolean succeeded = exit.cause() == EndCause.SUCCESS;
        if (succeeded) {
            manifest.outputs(outputPaths());
            manifest.texts(texts);
            manifest.images(List.of());
        }
        write(move);
        tellEnd(attempt, exit);
        if (succeeded) {
            // only after the success is durable: before that, the step would resume from the images
            deleteImages();
            StepTraces.remove(manifest, services);
        }
        return move;
    }

    /** Files that remain only take space; the step has succeeded. */
    private void deleteImages() {
        try {
            TreeRemoval.remove(manifest.folder().path(), manifest.folder().checkpoints());
        } catch (IOException e) {
            services.listener()
                    .on(new RunEvent.Note(
                            services.clock().instant(),
                            Optional.of(manifest.stepId()),
                            "its images could not be deleted, and 'cairn gc' removes them: " + e.getMessage()));
        }
    }

    /** Records a step that has not run, because the outputs of an earlier success were used. */
    NextAction reused(EarlierSuccess earlier) throws IOException {
        manifest.outputs(outputPaths());
        manifest.texts(earlier.texts());
        manifest.images(List.of());
        manifest.reusedFrom(Optional.of(earlier.run()));
        NextAction move = new NextAction.Rest(StepState.SUCCEEDED, "its outputs are those of run " + earlier.run());
        write(move);
        deleteImages();
        return move;
    }

    NextAction withoutAttempt(StepState state, String message) throws IOException {
        NextAction move = new NextAction.Rest(state, message);
        write(move);
        return move;
    }

    private void write(NextAction move) throws IOException {
        if (move instanceof NextAction.TryAgain again) {
            manifest.waitUntil(again.notBefore(), again.message());
        } else {
            manifest.state(((NextAction.Rest) move).state(), move.message());
        }
        manifest.save(services.publisher());
    }

    private StepExit withOutputsChecked(StepExit exit) throws IOException {
        if (exit.cause() != EndCause.SUCCESS) {
            return exit;
        }
        List<String> absent = new ArrayList<>();
        for (Map.Entry<String, Path> output : new TreeMap<>(task.outputs()).entrySet()) {
            if (!SteadyRead.of(() -> Presence.isThere(output.getValue()))) {
                absent.add(output.getKey() + " (" + output.getValue() + ")");
            }
        }
        try {
            texts = OutputTexts.read(manifest.folder().output(), task.texts());
        } catch (OutputTexts.UnfitException e) {
            return failed(exit, "it ended well, but " + e.getMessage());
        }
        task.texts().stream()
                .filter(name -> !texts.containsKey(name))
                .sorted()
                .forEach(name -> absent.add(name + " (" + Step.TEXT_OUTPUT + ")"));
        return absent.isEmpty()
                ? exit
                : failed(exit, "it ended well but did not leave its declared outputs: " + String.join(", ", absent));
    }

    private static StepExit failed(StepExit exit, String reason) {
        return new StepExit(
                EndCause.FAILURE, exit.exitCode(), exit.signal(), exit.at(), exit.running(), reason, exit.image());
    }

    private Map<String, String> outputPaths() {
        return task.outputs().entrySet().stream()
                .collect(Collectors.toMap(
                        Map.Entry::getKey, output -> output.getValue().toString(), (a, b) -> a, TreeMap::new));
    }

    private void tellEnd(AttemptRecord attempt, StepExit exit) {
        services.listener()
                .on(new RunEvent.AttemptEnded(
                        exit.at(),
                        manifest.stepId(),
                        attempt.number(),
                        exit.cause(),
                        exit.exitCode(),
                        exit.signal(),
                        exit.running(),
                        exit.message()));
    }
}
