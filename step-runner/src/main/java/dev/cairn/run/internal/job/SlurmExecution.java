package dev.cairn.run.internal.job;

import dev.cairn.engine.EndCause;
import dev.cairn.engine.EngineException;
import dev.cairn.engine.StepExit;
import dev.cairn.engine.StepProcess;
import dev.cairn.engine.StepStatus;
import dev.cairn.files.DurableFiles;
import dev.cairn.run.control.CommandResult;
import dev.cairn.run.control.RunCommand;
import dev.cairn.run.internal.owner.Claim;
import dev.cairn.run.internal.owner.Owners;
import dev.cairn.run.internal.owner.Ownership;
import dev.cairn.run.internal.request.Requests;
import dev.cairn.run.internal.resume.NextAction;
import dev.cairn.run.internal.resume.ResumeChoice;
import dev.cairn.run.internal.step.LocalExecution;
import dev.cairn.run.internal.step.StepExecution;
import dev.cairn.run.internal.step.StepServices;
import dev.cairn.run.manifest.RunFolder;
import dev.cairn.run.manifest.StepManifest;
import dev.cairn.run.manifest.StepState;
import dev.cairn.slurm.JobState;
import dev.cairn.slurm.JobState.Known;
import dev.cairn.slurm.QueueLine;
import dev.cairn.slurm.SlurmException;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;

/**
 * An execution of a step by a Slurm job. It lasts for one job; if the job ends before the step does, another execution
 * follows. While the job may run, only the job writes the step's manifest; this process only reads it.
 */
public final class SlurmExecution implements StepExecution {
    private static final Duration LOOK_EVERY = Duration.ofMillis(500);
    /** The more jobs are followed, the less often each manifest is read: at most a hundred reads per second in all. */
    private static final Duration LONGER_FOR_EACH = Duration.ofMillis(10);

    private static final Duration FOR_AN_IMAGE = Duration.ofMinutes(10);
    private static final Duration FOR_AN_END = Duration.ofSeconds(20);
    /** How often in a row Slurm must not show a job before the job counts as gone. */
    private static final int SURELY_GONE = 2;

    private static final int NO_SUCH_PROCESS = 3;

    private final StepManifest manifest;
    private final RunFolder part;
    private final SlurmSubmitter submitter;
    private final SlurmJobTracker tracker;
    private final Owners owners;
    private final StepServices services;
    private final LocalExecution local;
    private final SlurmEventReporter news;
    private final CountDownLatch left = new CountDownLatch(1);
    private final CountDownLatch noMore = new CountDownLatch(1);
    private final CompletableFuture<Optional<Submission>> submitted = new CompletableFuture<>();
    private volatile boolean cancelled;
    private volatile boolean paused;

    /** @param local the step's execution on this host, to conclude an attempt that the job left open */
    SlurmExecution(
            StepManifest manifest,
            RunFolder part,
            SlurmSubmitter submitter,
            SlurmJobTracker tracker,
            Owners owners,
            StepServices services,
            LocalExecution local,
            SlurmEventReporter news) {
        this.manifest = manifest;
        this.part = part;
        this.submitter = submitter;
        this.tracker = tracker;
        this.owners = owners;
        this.services = services;
        this.local = local;
        this.news = news;
    }

    @Override
    public String stepId() {
        return manifest.stepId();
    }

    @Override
    public NextAction run(ResumeChoice wish) throws IOException, EngineException, InterruptedException {
        DurableFiles.createFolders(part.path());
        try {
            Optional<Submission> submission = submitter.submission(manifest, wish, noMore);
            submitted.complete(submission);
            return submission.isPresent() ? follow(submission.get()) : withoutJob();
        } catch (SlurmException e) {
            return rest(StepState.FAILED, "Slurm does not take its job: " + e.getMessage());
        } finally {
            submitted.complete(Optional.empty());
        }
    }

    private NextAction withoutJob() throws IOException {
        if (!cancelled && !paused) {
            return new NextAction.Rest(manifest.state(), "");
        }
        submitter.giveUp();
        return rest(cancelled ? StepState.CANCELLED : StepState.PAUSED, "before it was submitted");
    }

    private NextAction follow(Submission current) throws IOException, EngineException, InterruptedException {
        String job = current.job().orElseThrow();
        tracker.follow(job, current.name());
        try {
            return follow(current, job);
        } finally {
            tracker.forget(job);
        }
    }

    private NextAction follow(Submission current, String job)
            throws IOException, EngineException, InterruptedException {
        do {
            manifest.reload();
            news.tell(manifest);
            SlurmJobTracker.Sighting sighting = tracker.look(job);
            sighting.line().ifPresent(line -> news.tell(manifest.stepId(), line));
            if (isSettled(current) || isOver(sighting)) {
                Optional<NextAction> move = conclude(current, job, end(current, sighting));
                if (move.isPresent()) {
                    return move.get();
                }
            }
        } while (!left.await(untilNextLook().toMillis(), TimeUnit.MILLISECONDS));
        manifest.reload();
        return new NextAction.Rest(manifest.state(), "Slurm job " + job + " is still active");
    }

    private Duration untilNextLook() {
        Duration among = LONGER_FOR_EACH.multipliedBy(tracker.followed());
        return among.compareTo(LOOK_EVERY) < 0 ? LOOK_EVERY : among;
    }

    /** The job's own runner has stopped the step and released it: no need to wait for Slurm. */
    private boolean isSettled(Submission current) throws IOException {
        StepState state = manifest.state();
        return (state.isFinal() || state == StepState.PAUSED || state == StepState.INTERRUPTED)
                && current.started(part).isPresent()
                && owners.ownerOf(part.path()).isEmpty();
    }

    private static boolean isOver(SlurmJobTracker.Sighting sighting) {
        return sighting.line()
                .map(line -> line.state().course() == JobState.Course.OVER)
                .orElse(sighting.times() >= SURELY_GONE);
    }

    /** Slurm no longer shows a task that was cancelled before it started, although it still shows the array. */
    private Optional<JobState> end(Submission current, SlurmJobTracker.Sighting sighting) throws IOException {
        boolean withdrawn = sighting.siblings() && current.started(part).isEmpty();
        return sighting.line()
                .map(QueueLine::state)
                .or(() -> withdrawn ? Optional.of(Known.CANCELLED) : Optional.empty());
    }

    /** @return empty while a process of the job still holds the step */
    private Optional<NextAction> conclude(Submission current, String job, Optional<JobState> end)
            throws IOException, EngineException, InterruptedException {
        if (!(owners.claim(part.path()) instanceof Claim.Won won)) {
            return Optional.empty();
        }
        try (Ownership ownership = won.ownership()) {
            manifest.reload();
            NextAction settled = local.settle(exit -> witnessed(exit, job, end));
            news.tell(manifest);
            if (settled instanceof NextAction.TryAgain again
                    && again.notBefore().isAfter(services.clock().instant())) {
                current.ended(text(end)).write(part, services.publisher());
                return Optional.of(again);
            }
            return Optional.of(follow(current, job, end));
        }
    }

    private NextAction follow(Submission current, String job, Optional<JobState> end) throws IOException {
        StepState left = paused && !manifest.state().isFinal() ? StepState.PAUSED : manifest.state();
        JobEndRule after = JobEndRule.of(
                job,
                left,
                manifest.message(),
                end,
                SlurmSubmitter.newestImage(manifest) > current.image(),
                current.idle(),
                cancelled);
        current.withIdle(after.idle()).ended(text(end)).write(part, services.publisher());
        if (after.state().isPresent()) {
            return rest(after.state().get(), after.message());
        }
        manifest.waitUntil(services.clock().instant(), after.message());
        manifest.save(services.publisher());
        return new NextAction.TryAgain(services.clock().instant(), after.message());
    }

    private static String text(Optional<JobState> end) {
        return end.map(JobState::text).orElse("settled or gone");
    }

    /** Only Slurm's answer shows this end. */
    private static StepExit witnessed(StepExit exit, String job, Optional<JobState> end) {
        boolean unseen = exit.cause() == EndCause.LOST || exit.cause() == EndCause.KILLED;
        if (!unseen || end.isEmpty()) {
            return exit;
        }
        EndCause cause = end.get() == Known.OUT_OF_MEMORY ? EndCause.OOM : exit.cause();
        return new StepExit(
                cause,
                exit.exitCode(),
                exit.signal(),
                exit.at(),
                exit.running(),
                "Slurm job " + job + " ended: " + end.get().text()
                        + (cause == EndCause.OOM ? "; ask for more with slurm.mem" : ""),
                exit.image());
    }

    private NextAction rest(StepState state, String message) throws IOException {
        if (manifest.state() != state || !manifest.message().equals(message)) {
            manifest.state(state, message);
            manifest.save(services.publisher());
        }
        return new NextAction.Rest(state, message);
    }

    @Override
    public OptionalLong checkpoint(String reason) throws EngineException, InterruptedException {
        return ask(new RunCommand.Checkpoint(Optional.empty(), false), FOR_AN_IMAGE);
    }

    @Override
    public OptionalLong stop(EndCause cause, String reason, boolean anyway)
            throws EngineException, InterruptedException {
        if (cause != EndCause.PAUSED) {
            return ask(new RunCommand.Checkpoint(Optional.empty(), true), FOR_AN_IMAGE);
        }
        paused = true;
        noMore.countDown();
        Optional<Submission> job = job();
        if (isHeld()) {
            return ask(new RunCommand.Pause(), FOR_AN_IMAGE);
        }
        if (job.isPresent()) {
            cancelInQueue(job.get());
        }
        return OptionalLong.empty();
    }

    /** The job continues; the next runner follows it. */
    @Override
    public OptionalLong leave(EndCause cause, String reason, boolean anyway) {
        left.countDown();
        noMore.countDown();
        return OptionalLong.empty();
    }

    /**
     * Asks the job's runner first and Slurm only if that fails, because the runner would take Slurm's signal for a
     * preemption.
     */
    @Override
    public void cancel() throws EngineException, InterruptedException {
        cancelled = true;
        noMore.countDown();
        Optional<Submission> job = job();
        if (isHeld()) {
            try {
                new Requests(part, services.clock()).ask(new RunCommand.Cancel(), FOR_AN_END);
            } catch (IOException e) {
                news.note(manifest.stepId(), "its job could not be asked to end, and is cancelled: " + e.getMessage());
            }
        }
        if (job.isPresent()) {
            cancelInQueue(job.get());
        }
    }

    @Override
    public void end(EndCause cause, Duration grace) throws EngineException, InterruptedException {
        if (cause == EndCause.CANCELLED) {
            cancel();
        } else {
            leave(cause, "", true);
        }
    }

    /** Does not cancel a job that has left Slurm, because another job may have its id. */
    private void cancelInQueue(Submission current) throws InterruptedException {
        String job = current.job().orElseThrow();
        try {
            if (tracker.isThere(job, current.name())) {
                tracker.slurm().cancel(job);
                tracker.askSoon();
            }
        } catch (SlurmException e) {
            news.note(manifest.stepId(), "Slurm job " + job + " could not be cancelled: " + e.getMessage());
        }
    }

    /** Waits until it is known whether there is a job. */
    private Optional<Submission> job() throws InterruptedException {
        try {
            return submitted.get();
        } catch (ExecutionException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    private OptionalLong ask(RunCommand command, Duration atMost) throws EngineException, InterruptedException {
        if (!isHeld()) {
            throw new EngineException(
                    NO_SUCH_PROCESS,
                    "step " + stepId() + " does not run now: its Slurm job"
                            + submitted
                                    .getNow(Optional.empty())
                                    .flatMap(Submission::job)
                                    .map(id -> " " + id)
                                    .orElse("") + " waits");
        }
        try {
            CommandResult answer = new Requests(part, services.clock())
                    .ask(command, atMost)
                    .orElseThrow(() -> new EngineException(
                            NO_SUCH_PROCESS, "step " + stepId() + ": its Slurm job has not answered"));
            for (CommandResult.Line line : answer.lines()) {
                if (!line.ok()) {
                    throw new EngineException(NO_SUCH_PROCESS, line.failure());
                }
                return line.image();
            }
            return OptionalLong.empty();
        } catch (IOException e) {
            throw new EngineException(
                    NO_SUCH_PROCESS, "step " + stepId() + ": its job cannot be asked: " + e.getMessage());
        }
    }

    private boolean isHeld() throws EngineException {
        try {
            return owners.ownerOf(part.path()).isPresent();
        } catch (IOException notYet) {
            return false;
        }
    }

    @Override
    public StepStatus status() throws EngineException {
        throw new EngineException(NO_SUCH_PROCESS, "step " + stepId() + " runs in a Slurm job");
    }

    @Override
    public StepProcess running() throws EngineException {
        throw new EngineException(NO_SUCH_PROCESS, "step " + stepId() + " runs in a Slurm job");
    }
}
