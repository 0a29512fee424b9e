package dev.cairn.http.internal.runs;

import dev.cairn.daemon.Runners;
import dev.cairn.run.ResumeOptions;
import dev.cairn.run.control.CommandResult;
import dev.cairn.run.control.RunCommand;
import dev.cairn.run.failure.RequestException;
import dev.cairn.run.failure.RunnerFailedException;
import dev.cairn.run.manifest.RunFolder;
import dev.cairn.run.manifest.RunManifest;
import dev.cairn.run.manifest.RunState;
import java.io.IOException;
import java.time.Duration;

/** Commands to runs, owned by any process. Thread-safe. */
public final class RunControl {
    /** Short, because the answer must be sent before the server abandons the request. */
    private static final Duration PATIENCE = Duration.ofSeconds(50);

    private final ActiveRuns active;
    private final Runners runners;

    public RunControl(ActiveRuns active, Runners runners) {
        this.active = active;
        this.runners = runners;
    }

    /** Waits for the result of the command. */
    public CommandResult ask(ServedRuns.Found found, RunCommand command)
            throws IOException, InterruptedException, RunnerFailedException {
        return runners.of(found.home().path()).command(found.run(), command, PATIENCE);
    }

    /** Resumes a run in this process. Returns once this process owns it. */
    public RunFolder resume(ServedRuns.Found found, ResumeOptions options, boolean evenPaused)
            throws IOException, InterruptedException {
        if (found.run().state().isFinal()) {
            active.awaitLetGo(found.run().id());
        }
        return active.begin(
                found.home().path(), runner -> runner.resume(found.run().folder(), options, evenPaused));
    }

    /** @throws RequestException if it is not paused */
    public static void checkPaused(RunManifest run) throws RequestException {
        if (run.state() != RunState.PAUSED) {
            throw new RequestException(
                    RequestException.Kind.UNAVAILABLE,
                    "run " + run.id() + " is not paused, it is " + run.state().wire());
        }
    }
}
