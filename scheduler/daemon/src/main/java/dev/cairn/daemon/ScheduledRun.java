package dev.cairn.daemon;

import dev.cairn.run.OpenResult;
import dev.cairn.run.ResumeOptions;
import dev.cairn.run.RunOutcome;
import dev.cairn.run.RunSession;
import dev.cairn.run.StepRunner;
import dev.cairn.run.WorkflowRequest;
import dev.cairn.run.control.CommandResult;
import dev.cairn.run.control.RunCommand;
import dev.cairn.run.failure.NoSuchRunException;
import dev.cairn.run.failure.RunnerFailedException;
import dev.cairn.run.manifest.RunManifest;
import dev.cairn.run.manifest.RunState;
import dev.cairn.schedule.ScheduledWorkflow;
import dev.cairn.schedule.Tick;
import dev.cairn.schedule.TickState;
import dev.cairn.workflow.problem.Problem;
import dev.cairn.workflow.problem.Result;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The run of one tick: found by its key and resumed, or started. {@link #run} works in the caller's thread. Any thread
 * can request a stop.
 *
 * <p>The run's key and its owner's lock guarantee one run per tick, independently of the scheduler's database.
 */
final class ScheduledRun {
    /** Long, because writing an image of a large step takes time. */
    private static final Duration PATIENCE = Duration.ofMinutes(10);

    private final Tick tick;
    private final ScheduledWorkflow workflow;
    private final Runners runners;
    private final LivenessTracker signs;
    private final Consumer<String> runStarted;
    private final boolean leaveAlone;
    private @Nullable RunSession session;
    private @Nullable RunCommand wish;
    private @Nullable String unstopped;

    /**
     * @param signs receives the events of the run
     * @param runStarted receives its id
     * @param leaveAlone since when to leave it alone, because a user has stopped it
     */
    ScheduledRun(
            Tick tick,
            ScheduledWorkflow workflow,
            Runners runners,
            LivenessTracker signs,
            Consumer<String> runStarted,
            boolean leaveAlone) {
        this.tick = tick;
        this.workflow = workflow;
        this.runners = runners;
        this.signs = signs;
        this.runStarted = runStarted;
        this.leaveAlone = leaveAlone;
    }

    Tick tick() {
        return tick;
    }

    /** Whether it may have ended unnoticed. */
    boolean isInDoubt() {
        return signs.areMissing();
    }

    /** The time after which that is known even without an event of the run. */
    Optional<Duration> untilCertain() {
        return signs.untilCertain();
    }

    /** Requests that the run is checkpointed and stopped, or cancelled. A repeated request does nothing. */
    synchronized void ask(RunCommand command) {
        if (command.equals(wish)) {
            return;
        }
        wish = command;
        passOn();
    }

    private synchronized void open(RunSession opened) {
        session = opened;
        passOn();
    }

    private synchronized void passOn() {
        if (session == null || wish == null) {
            return;
        }
        session.ask(wish).thenAccept(this::answered);
    }

    private synchronized void answered(CommandResult answer) {
        if (!answer.ok()) {
            unstopped = answer.lines().stream()
                    .filter(line -> !line.ok())
                    .map(line -> line.step() + ": " + line.failure())
                    .collect(Collectors.joining("; "));
        }
    }

    /** @throws InterruptedException when the thread is interrupted: the steps continue under their supervisors */
    ScheduledRunEnd run() throws InterruptedException {
        try {
            StepRunner runner = runners.of(workflow.home());
            Optional<RunManifest> existing = existing(runner);
            if (existing.isPresent() && existing.get().state().isFinal()) {
                return ended(existing.get().state(), existing.get().message());
            }
            RunCommand before = wish();
            if (existing.isEmpty()) {
                return before == null ? start(runner) : neverBegun(before);
            }
            return before == null ? goOn(runner, existing.get()) : steer(runner, existing.get(), before);
        } catch (IOException | RunnerFailedException e) {
            return new ScheduledRunEnd.Trouble(String.valueOf(e.getMessage()));
        }
    }

    private ScheduledRunEnd neverBegun(RunCommand asked) {
        return asked instanceof RunCommand.Cancel
                ? new ScheduledRunEnd.Final(TickState.CANCELLED, tick.detail())
                : new ScheduledRunEnd.Stopped();
    }

    private ScheduledRunEnd goOn(StepRunner runner, RunManifest run)
            throws IOException, InterruptedException, RunnerFailedException {
        if (run.state() == RunState.PAUSED) {
            return paused();
        }
        if (leaveAlone && run.state() == RunState.INTERRUPTED) {
            return leftAlone();
        }
        return use(runner.resume(run.folder(), ResumeOptions.AS_SUBMITTED, false));
    }

    /**
     * Steers a run whose steps run without this daemon, because the last daemon was killed or another process owns the
     * run.
     */
    private ScheduledRunEnd steer(StepRunner runner, RunManifest run, RunCommand asked)
            throws IOException, InterruptedException, RunnerFailedException {
        Optional<CommandResult> answer = runner.steer(run.folder(), asked, PATIENCE);
        RunManifest after = RunManifest.read(run.folder());
        if (after.state().isFinal()) {
            return ended(after.state(), after.message());
        }
        return answer.filter(CommandResult::ok).isPresent()
                ? new ScheduledRunEnd.Stopped()
                : new ScheduledRunEnd.Trouble(asked.describe() + " has not been carried out yet");
    }

    private ScheduledRunEnd paused() {
        return new ScheduledRunEnd.Elsewhere("paused; resume it with: cairn unpause " + tick.key());
    }

    private ScheduledRunEnd leftAlone() {
        return new ScheduledRunEnd.LeftAlone("stopped by a user; resume it with: cairn resume " + tick.key());
    }

    /** The reason why the requested stop failed; its steps run on. */
    synchronized Optional<String> unstopped() {
        return Optional.ofNullable(unstopped);
    }

    private synchronized @Nullable RunCommand wish() {
        return wish;
    }

    private Optional<RunManifest> existing(StepRunner runner) throws IOException {
        try {
            return Optional.of(RunManifest.read(runner.runs().find(tick.key())));
        } catch (NoSuchRunException none) {
            return Optional.empty();
        }
    }

    private ScheduledRunEnd start(StepRunner runner) throws IOException, InterruptedException, RunnerFailedException {
        Result<Map<String, String>> inputs = TickInputs.of(workflow, tick);
        if (!(inputs instanceof Result.Ok<Map<String, String>> ok)) {
            return refused(inputs.problems());
        }
        return use(runner.run(WorkflowRequest.of(workflow.file())
                .withText(workflow.content())
                .withKey(tick.key())
                .with(ResumeOptions.AS_SUBMITTED)
                .withInputs(ok.value())));
    }

    private ScheduledRunEnd use(OpenResult opening) throws IOException, InterruptedException, RunnerFailedException {
        if (opening instanceof OpenResult.Ready ready) {
            try (RunSession opened = ready.session()) {
                runStarted.accept(opened.id());
                signs.found(opened.isFresh());
                open(opened);
                return stopped(opened.run(signs));
            }
        }
        if (opening instanceof OpenResult.Done done) {
            return ended(done.run().state(), "");
        }
        if (opening instanceof OpenResult.Held held) {
            return new ScheduledRunEnd.Elsewhere("run by " + held.owner().describe());
        }
        if (opening instanceof OpenResult.Paused) {
            return paused();
        }
        if (opening instanceof OpenResult.Invalid invalid) {
            return refused(invalid.problems());
        }
        return new ScheduledRunEnd.Final(
                TickState.FAILED, "not started: " + String.join("; ", ((OpenResult.Refused) opening).reasons()));
    }

    private ScheduledRunEnd stopped(RunOutcome outcome) {
        if (outcome.state().isFinal()) {
            return ended(outcome.state(), outcome.message());
        }
        if (outcome.state() == RunState.PAUSED) {
            return paused();
        }
        return wish() != null ? new ScheduledRunEnd.Stopped() : leftAlone();
    }

    private static ScheduledRunEnd refused(List<Problem> problems) {
        return new ScheduledRunEnd.Final(
                TickState.FAILED,
                "not started: " + problems.stream().map(Problem::toString).collect(Collectors.joining("; ")));
    }

    private static ScheduledRunEnd ended(RunState state, String message) {
        return switch (state) {
            case SUCCEEDED -> new ScheduledRunEnd.Final(TickState.SUCCEEDED, "");
            case CANCELLED -> new ScheduledRunEnd.Final(TickState.CANCELLED, message);
            default -> new ScheduledRunEnd.Final(TickState.FAILED, message);
        };
    }
}
