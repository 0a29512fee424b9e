package dev.cairn.cli.run;

import dev.cairn.cli.shared.CliException;
import dev.cairn.cli.shared.Console;
import dev.cairn.cli.shared.ExitCode;
import dev.cairn.cli.shared.Runs;
import dev.cairn.engine.EngineException;
import dev.cairn.run.control.CommandResult;
import dev.cairn.run.control.RunCommand;
import dev.cairn.run.failure.RunnerFailedException;
import dev.cairn.run.manifest.RunManifest;
import java.io.IOException;
import java.time.Duration;

/** Sends a command to a run, whichever process owns it, and waits for the result. */
final class RunControl {
    /** Long, because writing an image of a large step takes time. */
    private static final Duration PATIENCE = Duration.ofMinutes(10);

    private final Runs runs;

    RunControl(Runs runs) {
        this.runs = runs;
    }

    CommandResult ask(RunManifest run, RunCommand command)
            throws CliException, IOException, EngineException, InterruptedException, RunnerFailedException {
        return runs.runner().command(run, command, PATIENCE);
    }

    /** Prints the result of a command for each step. */
    static int tell(CommandResult answer, Console console, String done) {
        for (CommandResult.Line line : answer.lines()) {
            console.say("cairn: " + line.step() + ": " + (line.ok() ? done : line.failure()));
        }
        return answer.ok() ? ExitCode.OK : ExitCode.FAILED;
    }
}
