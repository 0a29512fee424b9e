package dev.cairn.run.internal.step;

import dev.cairn.engine.CheckpointRequest;
import dev.cairn.engine.EndCause;
import dev.cairn.engine.EngineException;
import dev.cairn.engine.ImageInfo;
import dev.cairn.engine.StepExit;
import dev.cairn.engine.StepProcess;
import dev.cairn.engine.StepStatus;
import dev.cairn.run.failure.ImageRefusedException;
import dev.cairn.run.failure.StepElsewhereException;
import dev.cairn.run.internal.resume.NextAction;
import dev.cairn.run.internal.resume.ResumeChoice;
import dev.cairn.run.internal.resume.RetryBudgets;
import dev.cairn.run.manifest.AttemptRecord;
import dev.cairn.run.manifest.StepManifest;
import dev.cairn.run.manifest.StepState;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** An execution on this host, which lasts for one attempt. The methods beside {@link #run} wait until the step runs. */
public final class LocalExecution implements StepExecution {
    private final StepManifest manifest;
    private final StepTask task;
    private final StepServices services;
    private final CompletableFuture<Optional<AttemptFollower.Started>> started = new CompletableFuture<>();
    /** The cause with which this runner has asked the step to stop; empty if the step refused. */
    private volatile @Nullable EndCause asked;
    /** The cause with which the step must stop, requested before it began. */
    private volatile @Nullable EndCause wanted;

    private final RecordedImages recorded = new RecordedImages();

    public LocalExecution(StepManifest manifest, StepTask task, StepServices services) {
        this.manifest = manifest;
        this.task = task;
        this.services = services;
    }

    /** The value of {@code step.attempt}. */
    public static int tries(StepManifest manifest) {
        return RetryBudgets.tries(AttemptRecorder.counted(manifest));
    }

    @Override
    public String stepId() {
        return manifest.stepId();
    }

    /** Attaches to the attempt that an earlier runner left open, or starts the next one. Follows it to its end. */
    @Override
    public NextAction run(ResumeChoice wish)
            throws IOException, EngineException, ImageRefusedException, InterruptedException {
        AttemptRecorder conclusion = new AttemptRecorder(manifest, task, services);
        try {
            Optional<AttemptRecord> open = manifest.openAttempt();
            AttemptFollower follower = new AttemptFollower(manifest, services, started, recorded);
            StepExit exit;
            if (open.isPresent()) {
                exit = follower.takeUp(open.get());
                return asked != null ? conclude(conclusion, exit) : conclusion.ofEarlier(exit);
            } else {
                AttemptStart start = new AttemptStart(manifest, task, services, () -> wanted != null);
                Optional<String> obstacle = start.obstacle();
                if (obstacle.isPresent()) {
                    return conclusion.withoutAttempt(StepState.FAILED, obstacle.get());
                }
                AttemptStart.Begun begun = start.begin(wish);
                if (begun instanceof AttemptStart.Begun.Unfit unfit) {
                    return conclusion.withoutAttempt(
                            wanted == EndCause.CANCELLED ? StepState.CANCELLED : StepState.INTERRUPTED, unfit.reason());
                }
                exit = follower.follow(begun);
                if (begun instanceof AttemptStart.Begun.Failed failed && failed.elsewhere()) {
                    conclusion.of(exit);
                    throw new StepElsewhereException(stepId(), exit.message());
                }
                if (wish.at().isPresent()
                        && (exit.cause() == EndCause.RESTORE_FAILED || exit.cause() == EndCause.FILES_CHANGED)) {
                    conclusion.of(exit);
                    throw ImageRefusedException.unusable(
                            wish.at().getAsLong(), "it cannot be restored: " + exit.message());
                }
            }
            return conclude(conclusion, exit);
        } finally {
            started.complete(Optional.empty());
            recorded.over();
        }
    }

    private NextAction conclude(AttemptRecorder conclusion, StepExit exit) throws IOException, InterruptedException {
        EndCause stop = asked;
        if (stop != null) {
            return conclusion.ofStopped(exit, stop);
        }
        Optional<String> eviction =
                AttemptRecorder.maySweepAway(exit) ? services.eviction().reason() : Optional.empty();
        return eviction.isPresent() ? conclusion.ofEvicted(exit, eviction.get()) : conclusion.of(exit);
    }

    /**
     * Concludes the open attempt, if there is one, when no process of it runs on its host.
     *
     * @param witness the end as another process saw it, which takes precedence
     */
    public NextAction settle(UnaryOperator<StepExit> witness)
            throws IOException, EngineException, InterruptedException {
        Optional<AttemptRecord> open = manifest.openAttempt();
        if (open.isEmpty()) {
            return new NextAction.Rest(manifest.state(), manifest.message());
        }
        StepExit exit = new AttemptFollower(manifest, services, started, recorded).takeUp(open.get());
        return new AttemptRecorder(manifest, task, services).ofEarlier(witness.apply(exit));
    }

    /** Waits until the manifest holds the image, too. */
    @Override
    public OptionalLong checkpoint(String reason) throws EngineException, InterruptedException {
        CheckpointRequest request = new CheckpointRequest(Optional.empty(), reason, false);
        return OptionalLong.of(taken(request).sequence());
    }

    @Override
    public OptionalLong stop(EndCause cause, String reason, boolean anyway)
            throws EngineException, InterruptedException {
        wanted = cause;
        AttemptFollower.Started step = started();
        asked = cause;
        if (!step.takesImages()) {
            step.process().end(cause, task.grace());
            return OptionalLong.empty();
        }
        try {
            return OptionalLong.of(taken(new CheckpointRequest(Optional.of(cause), reason, anyway))
                    .sequence());
        } catch (EngineException e) {
            if (e.code() != EngineException.GONE && !anyway) {
                asked = asked == cause ? null : asked; // refused: it runs on
            }
            throw e;
        }
    }

    private ImageInfo taken(CheckpointRequest request) throws EngineException, InterruptedException {
        ImageInfo image = running().checkpoint(request);
        recorded.await(image.sequence());
        return image;
    }

    @Override
    public void cancel() throws EngineException, InterruptedException {
        end(EndCause.CANCELLED, task.grace());
    }

    @Override
    public void end(EndCause cause, Duration grace) throws EngineException, InterruptedException {
        wanted = cause;
        StepProcess process = running();
        asked = cause;
        process.end(cause, grace);
    }

    @Override
    public StepStatus status() throws EngineException, InterruptedException {
        return running().status();
    }

    @Override
    public StepProcess running() throws EngineException, InterruptedException {
        return started().process();
    }

    private AttemptFollower.Started started() throws EngineException, InterruptedException {
        try {
            return started.get()
                    .orElseThrow(() -> new EngineException(EngineException.GONE, "step " + stepId() + " does not run"));
        } catch (ExecutionException impossible) {
            throw new IllegalStateException(impossible);
        }
    }
}
