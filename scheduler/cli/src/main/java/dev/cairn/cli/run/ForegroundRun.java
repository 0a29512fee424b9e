package dev.cairn.cli.run;

import dev.cairn.cli.shared.CliException;
import dev.cairn.cli.shared.CompositionRoot;
import dev.cairn.cli.shared.Console;
import dev.cairn.cli.shared.ErrorReport;
import dev.cairn.cli.shared.ExitCode;
import dev.cairn.cli.shared.Runs;
import dev.cairn.cli.terminal.LogFollower;
import dev.cairn.cli.terminal.PrefixedLines;
import dev.cairn.cli.terminal.Signals;
import dev.cairn.engine.EndCause;
import dev.cairn.engine.EngineException;
import dev.cairn.engine.StepExit;
import dev.cairn.run.OpenResult;
import dev.cairn.run.RunOutcome;
import dev.cairn.run.RunSession;
import dev.cairn.run.failure.RunnerFailedException;
import dev.cairn.run.manifest.RunManifest;
import dev.cairn.run.manifest.RunState;
import dev.cairn.run.manifest.StepManifest;
import dev.cairn.run.manifest.StepState;
import dev.cairn.run.view.Json;
import dev.cairn.run.view.RunJson;
import dev.cairn.workflow.plan.Plan;
import dev.cairn.workflow.problem.Problem;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Executes a run in the foreground: shows it, obeys signals, and prints at the end its result and how to resume it. Confined to
 * one thread.
 */
public final class ForegroundRun {
    /** The exit code of a command that SIGKILL ended. */
    private static final int KILLED = 128 + 9;
    /** How many last lines of a failed step's log are shown. */
    private static final int LAST_WORDS = 20;
    /** How many failed steps are shown with their logs. */
    private static final int SHOWN_FAILURES = 3;

    private final CompositionRoot composition;
    private final Console console;
    private final Runs runs;
    private final boolean json;
    private final Signals signals;
    private boolean keepsCtrlC;
    private boolean verbose;

    /**
     * From here on, the run receives signals.
     *
     * @param json whether to print the run as JSON at the end
     */
    public ForegroundRun(CompositionRoot composition, Runs runs, boolean json) {
        this.composition = composition;
        this.console = composition.console();
        this.runs = runs;
        this.json = json;
        this.signals = Signals.install();
    }

    /** In a terminal, Ctrl-C goes to the command. */
    ForegroundRun keepingCtrlC(boolean keeps) {
        keepsCtrlC = keeps;
        return this;
    }

    /** Also shows minor events. */
    ForegroundRun verbose(boolean more) {
        verbose = more;
        return this;
    }

    /**
     * Opens a run and runs it.
     *
     * @param patience how long to wait for another runner that owns the run
     * @return the exit code
     */
    public int run(OwnerWait.Opener opener, Duration patience)
            throws CliException, EngineException, IOException, InterruptedException, RunnerFailedException {
        return run(new OwnerWait(console, signals, patience).open(opener));
    }

    public int run(OpenResult opening) throws CliException, IOException, InterruptedException, RunnerFailedException {
        if (opening instanceof OpenResult.Ready ready) {
            try (RunSession session = ready.session()) {
                return run(session);
            }
        }
        if (opening instanceof OpenResult.Done done) {
            console.say("cairn: run " + done.run().id() + " has succeeded already, nothing to do");
            printJson(done.run());
            return ExitCode.OK;
        }
        throw refusal(opening);
    }

    private CliException refusal(OpenResult opening) throws IOException {
        if (opening instanceof OpenResult.Held held) {
            RunManifest run = RunManifest.read(held.run());
            return new CliException(
                    ExitCode.UNAVAILABLE,
                    "run " + run.id() + " is held by " + held.owner().describe()
                            + "; nothing was changed. See it with: " + runs.line("show", run));
        }
        if (opening instanceof OpenResult.Paused paused) {
            RunManifest run = RunManifest.read(paused.run());
            return new CliException(
                    ExitCode.STOPPED, "run " + run.id() + " is paused; resume it with: " + runs.line("unpause", run));
        }
        if (opening instanceof OpenResult.Invalid invalid) {
            return new CliException(
                    ExitCode.USAGE,
                    invalid.problems().stream().map(Problem::toString).collect(Collectors.joining("\n")));
        }
        return new CliException(ExitCode.UNAVAILABLE, String.join("\n", ((OpenResult.Refused) opening).reasons()));
    }

    private int run(RunSession session) throws CliException, IOException, InterruptedException, RunnerFailedException {
        RunManifest before = RunManifest.read(session.folder());
        boolean command = before.origin().command().isPresent();
        Optional<BatchJobRun> job = BatchJobRun.of(composition, signals);
        RunOutcome outcome;
        Set<Signals.Stop> told;
        try (SessionView view = command
                        ? CommandView.of(session, before, console, signals, keepsCtrlC)
                        : WorkflowView.of(session, before, composition, verbose);
                StopRequests requests = new StopRequests(signals, session, view)) {
            session.brokenOwner()
                    .ifPresent(dead -> view.say(
                            "cairn: " + dead.describe() + ", which ran this before, is dead; its lock is released"));
            requests.begin();
            PastNotifications.begin(runs, session.folder(), view);
            outcome = job.isPresent() ? job.get().run(session, view) : session.run(view);
            told = requests.told();
        } catch (RunnerFailedException e) {
            if (e.getCause() instanceof Exception trouble && ErrorReport.exitCode(trouble) == ExitCode.IO) {
                throw letGo(trouble, before, job.isPresent());
            }
            throw e;
        }
        RunManifest after = RunManifest.read(session.folder());
        reportUndelivered(outcome, after);
        printJson(after);
        int code = command ? endOfCommand(outcome, after) : endOfWorkflow(outcome, after, session.plan());
        if (job.isPresent()) {
            job.get().end(outcome, told, wasEvicted(after));
        }
        return code;
    }

    /** Whether a step noticed the host's shutdown before this runner did. */
    private boolean wasEvicted(RunManifest run) throws IOException {
        for (StepManifest step : runs.steps(run)) {
            if (step.state() == StepState.PREEMPTED) {
                return true;
            }
        }
        return false;
    }

    /** The runner failed, usually because of a full disk. Outside a batch job, the steps run on. */
    private CliException letGo(Exception trouble, RunManifest run, boolean inJob) {
        return new CliException(
                ExitCode.IO,
                ErrorReport.message(trouble) + "\n"
                        + (inJob ? "" : "running steps stay under their supervisors; ")
                        + "once this is fixed, resume with: " + runs.line("resume", run),
                trouble);
    }

    private void reportUndelivered(RunOutcome outcome, RunManifest run) {
        outcome.undelivered().forEach(receiver -> console.say("cairn: notification not delivered yet: " + receiver));
        if (!outcome.undelivered().isEmpty()) {
            console.say("cairn: the daemon or the next run retries it; to retry now: " + runs.line("notify", run));
        }
    }

    private int endOfWorkflow(RunOutcome outcome, RunManifest run, Plan plan) throws IOException {
        switch (outcome.state()) {
            case SUCCEEDED -> {
                console.say("cairn: run " + run.id() + " succeeded");
                return ExitCode.OK;
            }
            case FAILED, CANCELLED -> {
                showFailures(run, plan);
                console.say("cairn: run " + run.id() + " " + outcome.state().wire()
                        + (outcome.message().isEmpty() ? "" : ": " + outcome.message()));
                console.say("cairn: see its log with: " + runs.line("logs", run) + ", and resume it with: "
                        + runs.line("resume", run));
                return ExitCode.FAILED;
            }
            case RUNNING, PAUSED, INTERRUPTED -> {
                return stopped(outcome, run);
            }
        }
        throw new IllegalStateException("a session ended in state " + outcome.state());
    }

    /** Prints the failed steps, the causes, and the ends of their logs, which usually state the reason. */
    private void showFailures(RunManifest run, Plan plan) throws IOException {
        List<StepManifest> failed = runs.steps(run).stream()
                .filter(step -> step.state() == StepState.FAILED && !CommandText.isEdgeOfPart(plan, step.stepId()))
                .toList();
        for (StepManifest step : failed.subList(0, Math.min(SHOWN_FAILURES, failed.size()))) {
            String label = run.label(step.stepId());
            console.say("cairn: step " + label + " failed: " + step.message());
            CommandText.of(plan, step.stepId()).ifPresent(command -> console.say("cairn:   " + command));
            showEnd(step.folder().stdout(), "stdout", label);
            showEnd(step.folder().stderr(), "stderr", label);
        }
        if (failed.size() > SHOWN_FAILURES) {
            console.say("cairn: and " + (failed.size() - SHOWN_FAILURES) + " more failed: "
                    + failed.stream()
                            .skip(SHOWN_FAILURES)
                            .map(step -> run.label(step.stepId()))
                            .limit(20)
                            .collect(Collectors.joining(", ")));
        }
    }

    private void showEnd(Path log, String stream, String label) throws IOException {
        if (Files.exists(log) && Files.size(log) > 0) {
            console.say("cairn:   the end of its " + stream + ":");
            LogFollower tail = new LogFollower(log, new PrefixedLines(console.err(), label));
            tail.skipToLast(LAST_WORDS);
            tail.poll();
            tail.finish();
        }
    }

    private int endOfCommand(RunOutcome outcome, RunManifest run) {
        if (!outcome.state().isFinal()) {
            return stopped(outcome, run);
        }
        boolean itsOwnEnd = outcome.exit().filter(ForegroundRun::isOwn).isPresent();
        if (itsOwnEnd) {
            return exitCode(outcome.exit().get());
        }
        console.say("cairn: " + run.origin().name() + " " + outcome.state().wire()
                + (outcome.message().isEmpty() ? "" : ": " + outcome.message()));
        boolean killed = outcome.state() == RunState.FAILED
                && outcome.exit()
                        .filter(exit -> exit.cause() == EndCause.KILLED || exit.cause() == EndCause.OOM)
                        .isPresent();
        return killed ? KILLED : ExitCode.FAILED;
    }

    /** Whether the step ended by itself, and not by Cairn. */
    private static boolean isOwn(StepExit exit) {
        return switch (exit.cause()) {
            case SUCCESS, FAILURE ->
                exit.exitCode().isPresent() || exit.signal().isPresent();
            default -> false;
        };
    }

    private static int exitCode(StepExit exit) {
        return exit.signal().isPresent()
                ? 128 + exit.signal().getAsInt()
                : exit.exitCode().orElse(ExitCode.FAILED);
    }

    private int stopped(RunOutcome outcome, RunManifest run) {
        if (outcome.state() == RunState.RUNNING) {
            console.say("cairn: its Slurm jobs stay active; follow them with: " + runs.line("resume", run)
                    + ", end them with: " + runs.line("cancel", run));
            return ExitCode.STOPPED;
        }
        boolean paused = outcome.state() == RunState.PAUSED;
        console.say("cairn: " + (paused ? "paused" : "stopped")
                + (outcome.message().isEmpty() ? "" : ": " + outcome.message()) + "; resume with: "
                + runs.line(paused ? "unpause" : "resume", run));
        return ExitCode.STOPPED;
    }

    private void printJson(RunManifest run) throws IOException {
        if (json) {
            Json.print(console.out(), RunJson.whole(run));
        }
    }
}
