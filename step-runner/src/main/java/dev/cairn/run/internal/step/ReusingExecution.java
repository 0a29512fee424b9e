package dev.cairn.run.internal.step;

import dev.cairn.engine.EndCause;
import dev.cairn.engine.EngineException;
import dev.cairn.engine.StepProcess;
import dev.cairn.engine.StepStatus;
import dev.cairn.run.event.RunEvent;
import dev.cairn.run.failure.ImageRefusedException;
import dev.cairn.run.internal.resume.NextAction;
import dev.cairn.run.internal.resume.ResumeChoice;
import dev.cairn.run.internal.reuse.EarlierSuccess;
import dev.cairn.run.internal.reuse.EarlierSuccesses;
import dev.cairn.run.internal.reuse.Reusable;
import dev.cairn.run.manifest.StepManifest;
import dev.cairn.run.manifest.StepState;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;

/**
 * The execution of a step with {@code cache}: uses the outputs of an earlier success if there is one; otherwise runs
 * the step and remembers its success. A command such as a cancellation ends the search.
 */
public final class ReusingExecution implements StepExecution {
    private final StepExecution execution;
    private final StepManifest manifest;
    private final StepTask task;
    private final Reusable reusable;
    private final EarlierSuccesses earlier;
    private final String run;
    private final StepServices services;
    /** Whether the step runs. */
    private final CompletableFuture<Boolean> runs = new CompletableFuture<>();

    private volatile boolean hurried;

    /**
     * @param execution the step's execution if it has to run
     * @param task the task, with its reusable part
     * @param run the run's id
     */
    public ReusingExecution(
            StepExecution execution,
            StepManifest manifest,
            StepTask task,
            EarlierSuccesses earlier,
            String run,
            StepServices services) {
        this.execution = execution;
        this.manifest = manifest;
        this.task = task;
        this.reusable = task.reusable().orElseThrow();
        this.earlier = earlier;
        this.run = run;
        this.services = services;
    }

    @Override
    public String stepId() {
        return execution.stepId();
    }

    @Override
    public NextAction run(ResumeChoice wish)
            throws IOException, EngineException, ImageRefusedException, InterruptedException {
        try {
            // a step that has been started continues with the key from its start
            if (!manifest.wasStarted() && wish.at().isEmpty()) {
                Optional<EarlierSuccess> found = search(!wish.restart() && !manifest.runsAnew());
                if (found.isPresent()) {
                    return new AttemptRecorder(manifest, task, services).reused(found.get());
                }
            }
            runs.complete(true);
            NextAction next = execution.run(wish);
            if (next instanceof NextAction.Rest rest && rest.state() == StepState.SUCCEEDED) {
                remember();
            }
            return next;
        } finally {
            runs.complete(false);
        }
    }

    /** A step whose files cannot be digested is run. */
    private Optional<EarlierSuccess> search(boolean take) throws IOException {
        try {
            String key = reusable.key(() -> hurried);
            manifest.reuseKey(Optional.of(key));
            manifest.save(services.publisher());
            Optional<EarlierSuccess> found = take ? earlier.of(key) : Optional.empty();
            if (found.isEmpty() || !found.get().takeOver(reusable, () -> hurried)) {
                return Optional.empty();
            }
            earlier.put(key, found.get().in(reusable));
            return found;
        } catch (IOException e) {
            manifest.reuseKey(Optional.empty());
            if (!hurried) {
                tell("runs, since whether an earlier success can stand for it could not be determined: "
                        + e.getMessage());
            }
            return Optional.empty();
        }
    }

    /** Remembers the success, unless a file that the step reads has changed meanwhile. */
    private void remember() {
        Optional<String> key = manifest.reuseKey();
        if (key.isEmpty()) {
            return;
        }
        try {
            if (reusable.key(() -> hurried).equals(key.get())) {
                earlier.put(key.get(), EarlierSuccess.of(run, stepId(), reusable, manifest.texts(), () -> hurried));
            } else {
                tell("its outputs are not used again: a file that it reads has changed while it ran");
            }
        } catch (IOException e) {
            if (!hurried) {
                tell("its outputs are not used again: " + e.getMessage());
            }
        }
    }

    private void tell(String what) {
        services.listener().on(new RunEvent.Note(services.clock().instant(), Optional.of(stepId()), what));
    }

    @Override
    public OptionalLong checkpoint(String reason) throws EngineException, InterruptedException {
        return hastened().checkpoint(reason);
    }

    @Override
    public OptionalLong stop(EndCause cause, String reason, boolean anyway)
            throws EngineException, InterruptedException {
        return hastened().stop(cause, reason, anyway);
    }

    @Override
    public OptionalLong leave(EndCause cause, String reason, boolean anyway)
            throws EngineException, InterruptedException {
        return hastened().leave(cause, reason, anyway);
    }

    @Override
    public void cancel() throws EngineException, InterruptedException {
        hastened().cancel();
    }

    @Override
    public void end(EndCause cause, Duration grace) throws EngineException, InterruptedException {
        hastened().end(cause, grace);
    }

    @Override
    public StepStatus status() throws EngineException, InterruptedException {
        return whenDecided().status();
    }

    @Override
    public StepProcess running() throws EngineException, InterruptedException {
        return whenDecided().running();
    }

    private StepExecution hastened() throws EngineException, InterruptedException {
        hurried = true;
        return whenDecided();
    }

    private StepExecution whenDecided() throws EngineException, InterruptedException {
        try {
            if (runs.get()) {
                return execution;
            }
        } catch (ExecutionException impossible) {
            throw new IllegalStateException(impossible);
        }
        throw new EngineException(EngineException.GONE, "step " + stepId() + " does not run");
    }
}
