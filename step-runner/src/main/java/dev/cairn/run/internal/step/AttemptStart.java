package dev.cairn.run.internal.step;

import dev.cairn.engine.CheckpointPolicy;
import dev.cairn.engine.Checkpointer;
import dev.cairn.engine.EndCause;
import dev.cairn.engine.EngineException;
import dev.cairn.engine.Lease;
import dev.cairn.engine.LeaseTimes;
import dev.cairn.engine.Renewal;
import dev.cairn.engine.Rollback;
import dev.cairn.engine.StepExit;
import dev.cairn.engine.StepLaunch;
import dev.cairn.engine.StepProcess;
import dev.cairn.files.DurableFiles;
import dev.cairn.files.FileSystemScope;
import dev.cairn.files.Presence;
import dev.cairn.files.SteadyRead;
import dev.cairn.run.event.RunEvent;
import dev.cairn.run.failure.ImageRefusedException;
import dev.cairn.run.internal.environment.JobVariables;
import dev.cairn.run.internal.resume.ResumeChoice;
import dev.cairn.run.internal.resume.ResumePoint;
import dev.cairn.run.internal.resume.ResumePointSelector;
import dev.cairn.run.internal.resume.RetryBudgets;
import dev.cairn.run.internal.resume.ReworkEstimate;
import dev.cairn.run.manifest.AttemptRecord;
import dev.cairn.run.manifest.ImageRecord;
import dev.cairn.run.manifest.StepFolder;
import dev.cairn.run.manifest.StepManifest;
import dev.cairn.run.manifest.StepState;
import dev.cairn.run.manifest.WriteGuard;
import dev.cairn.slurm.BatchJob;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.function.BooleanSupplier;

/**
 * Starts the next attempt of a step. The attempt is durable in the manifest before the engine starts it. The attempt's
 * folder shows a later runner whether it ran.
 */
final class AttemptStart {
    /** EBUSY. */
    private static final int ANOTHER_WRITES = 16;

    /** EADDRINUSE. */
    private static final int PORT_IN_USE = 98;

    private final StepManifest manifest;
    private final StepTask task;
    private final StepServices services;
    private final BooleanSupplier stopped;

    /** @param stopped whether the step must no longer be started */
    AttemptStart(StepManifest manifest, StepTask task, StepServices services, BooleanSupplier stopped) {
        this.manifest = manifest;
        this.task = task;
        this.services = services;
        this.stopped = stopped;
    }

    /** What came of it. */
    sealed interface Begun {
        record Running(AttemptRecord attempt, StepProcess process) implements Begun {}

        /** @param elsewhere the reason why the step runs on another host */
        record Failed(AttemptRecord attempt, StepExit exit, boolean elsewhere) implements Begun {}

        /** Nothing was started. The step may resume later or on another host; here it would have to start over. */
        record Unfit(String reason) implements Begun {}
    }

    /** Why the step must not start at all; empty if it may. */
    Optional<String> obstacle() throws IOException {
        if (!SteadyRead.of(() -> Presence.isFolder(task.workingDirectory()))) {
            return Optional.of(
                    "its working folder " + task.workingDirectory() + " does not exist; make it, then resume");
        }
        return task.required()
                ? services.engines()
                        .obstacle(task.engine())
                        .map(
                                missing -> "this host cannot checkpoint it with the engine '" + task.engine() + "': "
                                        + missing
                                        + ". checkpoint.required: false would run it unprotected, checkpoint.engine chooses another")
                : Optional.empty();
    }

    Begun begin(ResumeChoice wish) throws IOException, EngineException, ImageRefusedException {
        Optional<String> incomplete = incomplete(wish);
        if (incomplete.isPresent()) {
            return new Begun.Unfit(incomplete.get());
        }
        takeInLateImages();
        Checkpointer engine = services.engine(chooseEngine());
        ResumePoint point = choosePoint(engine, wish);
        Optional<String> unfit =
                services.job().isPresent() && !wish.restart() ? unfit(engine, point) : Optional.empty();
        if (unfit.isPresent()) {
            return new Begun.Unfit(unfit.get());
        }
        if (wish.restart()) {
            manifest.startOver(); // otherwise an attempt that dies before its first image would
            // resume from abandoned work
        }
        task.shortage().ifPresent(this::tell);
        AttemptRecord attempt = record(engine, point);
        try {
            return start(engine, attempt, point, wish);
        } catch (IOException e) {
            if (!stopped.getAsBoolean()) {
                throw e;
            }
            manifest.withdraw(attempt);
            return new Begun.Unfit("it was stopped before it began: " + e.getMessage());
        }
    }

    /** Waits for a disk that takes no files, until the step is stopped. */
    private Begun start(Checkpointer engine, AttemptRecord attempt, ResumePoint point, ResumeChoice wish)
            throws IOException, EngineException {
        WriteGuard patience = services.publisher().unless(stopped);
        Variables variables = variables(attempt, point, patience);
        writeAhead(attempt, patience);
        if (point.image().isEmpty() || !point.continues() && !task.rollback().openFiles()) {
            // no roll-back removes the texts of an earlier attempt
            Path output = manifest.folder().output();
            patience.publish(output, () -> Files.deleteIfExists(output));
        }
        StepLaunch launch = launch(attempt, variables, point, wish, lease(engine));
        List<Begun> begun = new ArrayList<>();
        patience.publish(launch.attemptDir(), () -> begun.add(start(engine, attempt, point, launch)));
        return begun.get(0);
    }

    /** @throws IOException if nothing was started, for a reason that is not the image's fault */
    private Begun start(Checkpointer engine, AttemptRecord attempt, ResumePoint point, StepLaunch launch)
            throws IOException {
        try {
            StepProcess process = engine.start(launch);
            engine.notice(launch).ifPresent(this::tell);
            return new Begun.Running(attempt, process);
        } catch (EngineException e) {
            if (e.getCause() instanceof IOException notWritten) {
                throw notWritten;
            }
            return new Begun.Failed(attempt, refused(e, point), e.code() == EngineException.HELD);
        }
    }

    /**
     * Finds images of an attempt that counted as lost. It may have continued, taken images, and deleted those that this
     * runner knows.
     */
    private void takeInLateImages() throws IOException, EngineException {
        for (AttemptRecord attempt : manifest.attempts()) {
            if (attempt.endedBy(EndCause.LOST)) {
                new ImageJournalReader(manifest, attempt, services).adopt();
            }
        }
    }

    private String chooseEngine() {
        Optional<String> missing = services.engines().obstacle(task.engine());
        missing.ifPresent(obstacle -> tell("runs unprotected, since this host cannot checkpoint it: " + obstacle));
        return missing.isPresent() ? Engines.NONE : task.engine();
    }

    private ResumePoint choosePoint(Checkpointer engine, ResumeChoice wish) throws ImageRefusedException {
        StepFolder folder = manifest.folder();
        return new ResumePointSelector(
                        manifest.images(),
                        manifest.attempts(),
                        manifest.imagesFrom(),
                        task.fingerprint(),
                        services.host(),
                        image -> engine.unusable(folder.image(image.sequence())))
                .choose(wish);
    }

    /**
     * Why the step must not start now: a script that its command names is missing, for example because its share is not
     * mounted. That is no change of the script, so it must not discard work.
     */
    private Optional<String> incomplete(ResumeChoice wish) throws IOException {
        if (wish.restart() || wish.acceptChanged() || wish.at().isPresent()) {
            return Optional.empty();
        }
        String command = String.join(" ", task.command());
        for (Path script : manifest.scripts()) {
            if (command.contains(script.getFileName().toString()) && !SteadyRead.of(() -> Presence.isThere(script))) {
                return Optional.of(script
                        + " is not there any more, which its command names. Put it back, then resume; "
                        + "--accept-changed resumes without it, --restart " + manifest.stepId() + " starts over");
            }
        }
        return Optional.empty();
    }

    /** In a cluster the next node may fit, so an image that does not fit this node is kept. */
    private Optional<String> unfit(Checkpointer engine, ResumePoint point) {
        if (point.continues()) {
            return Optional.empty();
        }
        return point.passed().stream()
                .filter(passed -> passed.image() > 0
                        && engine.fitsElsewhere(manifest.folder().image(passed.image())))
                .findFirst()
                .map(passed -> "the node " + services.host().name() + " does not fit image " + passed.image() + ": "
                        + passed.reason() + ". Submit it again to another node (--exclude="
                        + services.host().name() + ", or --constraint); 'cairn resume --restart " + manifest.stepId()
                        + "' would begin anew");
    }

    private AttemptRecord record(Checkpointer engine, ResumePoint point) {
        return new AttemptRecord(
                manifest.nextAttempt(),
                services.epoch(),
                services.host(),
                engine.name(),
                task.fingerprint(),
                services.clock().instant(),
                point.image().map(ImageRecord::sequence).map(OptionalLong::of).orElse(OptionalLong.empty()),
                point.passed(),
                ReworkEstimate.of(point.image(), manifest.attempts(), interval()),
                0,
                Optional.empty(),
                services.job().map(BatchJob::id),
                task.shortage(),
                Optional.of(new AttemptRecord.LogSizes(
                        size(manifest.folder().stdout()), size(manifest.folder().stderr()))));
    }

    /** The size of a log; 0 if it does not exist yet. */
    private static long size(Path log) {
        return log.toFile().length();
    }

    private void tell(String what) {
        services.listener().on(new RunEvent.Note(services.clock().instant(), Optional.of(manifest.stepId()), what));
    }

    private Optional<Duration> interval() {
        return task.policy().every() instanceof CheckpointPolicy.Interval.Every every
                ? Optional.of(every.duration())
                : Optional.empty();
    }

    private void writeAhead(AttemptRecord attempt, WriteGuard patience) throws IOException {
        StepFolder folder = manifest.folder();
        patience.publish(folder.path(), () -> {
            // the manifest's folder is synced with it below; an attempt whose own folder is lost never ran
            DurableFiles.createFoldersUnsynced(folder.attempt(attempt.number()));
            DurableFiles.createFoldersUnsynced(folder.checkpoints());
        });
        manifest.put(attempt);
        manifest.scripts(task.scripts(), ScriptDigests.of(task.scripts()));
        manifest.state(StepState.RUNNING, "");
        manifest.save(patience);
        services.listener().on(RunEvent.AttemptStarted.of(manifest.stepId(), attempt));
    }

    /**
     * The lease times, if other hosts can reach the images. Other hosts may mount a file system that is local here; a
     * lease by one of them shows that.
     */
    private Optional<LeaseTimes> lease(Checkpointer engine) throws IOException, EngineException {
        Path images = manifest.folder().checkpoints();
        Optional<Lease> strangers = engine.lease(images).filter(lease -> !lease.here());
        strangers.ifPresent(
                lease -> tell("waits for up to " + services.lease().take().toSeconds() + " s to see whether "
                        + lease.describe() + " still renews its lease"));
        return strangers.isPresent() || FileSystemScope.of(images) != FileSystemScope.THIS_HOST
                ? Optional.of(services.lease())
                : Optional.empty();
    }

    /** @param outdated variables that have other values in the image's memory */
    private record Variables(Map<String, String> environment, Map<String, Renewal> outdated) {}

    /** Adds the files in which a resumed step finds values that its memory lacks. */
    private Variables variables(AttemptRecord attempt, ResumePoint point, WriteGuard patience) throws IOException {
        Map<String, String> environment = new HashMap<>(task.environment());
        environment.put("CAIRN_ATTEMPT", Integer.toString(attempt.number()));
        Path folder = manifest.folder().path();
        patience.publish(folder, () -> DurableFiles.createFolders(folder));
        JobVariables variables = JobVariables.of(folder, environment);
        List<String> outdated = point.continues() ? variables.outdated() : List.of();
        if (!outdated.isEmpty()) {
            tell(
                    "has variables of an earlier job in its memory (" + String.join(", ", outdated)
                            + "): Slurm's commands on its PATH get the current ones, a script reads them with . \"$CAIRN_ENV\"");
        }
        Map<String, String> complete = new HashMap<>();
        patience.publish(folder, () -> complete.putAll(variables.write(folder, environment, point.continues())));
        return new Variables(complete, point.continues() ? variables.renewals() : Map.of());
    }

    private StepLaunch launch(
            AttemptRecord attempt,
            Variables variables,
            ResumePoint point,
            ResumeChoice wish,
            Optional<LeaseTimes> lease) {
        StepFolder folder = manifest.folder();
        Optional<Path> image = point.image().map(ImageRecord::sequence).map(folder::image);
        return new StepLaunch(
                folder.attempt(attempt.number()),
                folder.checkpoints(),
                task.command(),
                wish.now(task.workingDirectory()),
                variables.environment(),
                task.umask(),
                task.baselineCpu(),
                task.io(),
                task.policy(),
                task.timeout(),
                RetryBudgets.spent(AttemptRecorder.counted(manifest)),
                task.grace(),
                new Rollback(
                        task.rollback().openFiles(),
                        task.rollback().trees().stream().map(wish::now).toList()),
                image,
                wish.acceptChanged(),
                wish.moved(),
                task.outlivesRunner(),
                task.app(),
                variables.outdated(),
                lease);
    }

    /**
     * The cause of a failed start. The reason may be temporary: a former supervisor that still writes, a kill during
     * the start, a port of the step that is in use, or a resource that the host lacks at the moment. Then neither image
     * nor command is to blame. If the same image precedes two such failures, the image may be.
     */
    private EndCause causeOf(EngineException e, ResumePoint point) {
        if (e.code() == ANOTHER_WRITES || e.code() == PORT_IN_USE || e.code() == EngineException.HELD || e.isOfRoom()) {
            return EndCause.LOST;
        }
        if (e.code() == EngineException.CHANGED) {
            return EndCause.FILES_CHANGED;
        }
        boolean ofTheMoment = e.code() == EngineException.GONE || e.isPassing();
        if (ofTheMoment && !(point.continues() && hasJustDiedFrom(point))) {
            return EndCause.LOST;
        }
        return point.image().isPresent() ? EndCause.RESTORE_FAILED : EndCause.FAILURE;
    }

    private boolean hasJustDiedFrom(ResumePoint point) {
        List<AttemptRecord> before = manifest.attempts().stream()
                .filter(attempt -> attempt.end().isPresent())
                .toList();
        return !before.isEmpty()
                && before.get(before.size() - 1).endedBy(EndCause.LOST)
                && point.image()
                        .filter(image ->
                                before.get(before.size() - 1).resumedFrom().orElse(-1) == image.sequence())
                        .isPresent();
    }

    private StepExit refused(EngineException e, ResumePoint point) {
        Instant now = services.clock().instant();
        return new StepExit(
                causeOf(e, point),
                OptionalInt.empty(),
                OptionalInt.empty(),
                now,
                Duration.ZERO,
                e.getMessage(),
                OptionalLong.empty());
    }
}
