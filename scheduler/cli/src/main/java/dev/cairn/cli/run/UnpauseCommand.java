package dev.cairn.cli.run;

import dev.cairn.cli.shared.CliException;
import dev.cairn.cli.shared.CompositionRoot;
import dev.cairn.cli.shared.ExitCode;
import dev.cairn.cli.shared.Runs;
import dev.cairn.engine.EngineException;
import dev.cairn.run.ResumeOptions;
import dev.cairn.run.failure.RunnerFailedException;
import dev.cairn.run.manifest.RunManifest;
import dev.cairn.run.manifest.RunState;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code cairn unpause}. */
@Command(name = "unpause", description = "Resumes a paused run in the foreground.")
public final class UnpauseCommand implements Callable<Integer> {
    private final CompositionRoot composition;

    @Parameters(index = "0", paramLabel = "NAME", description = "A run's id, the name of an exec, or a key.")
    private String name;

    @Option(names = "--json", description = "Prints the run at the end, as 'show --json' does.")
    private boolean json;

    public UnpauseCommand(CompositionRoot composition) {
        this.composition = composition;
    }

    @Override
    public Integer call()
            throws IOException, CliException, EngineException, InterruptedException, RunnerFailedException {
        Runs runs = composition.runs();
        ForegroundRun foreground = new ForegroundRun(composition, runs, json);
        RunManifest run = runs.read(name);
        if (run.state() != RunState.PAUSED) {
            throw new CliException(
                    ExitCode.UNAVAILABLE,
                    "run " + name + " is not paused, it is " + run.state().wire());
        }
        return foreground.run(() -> runs.runner().resume(run.folder(), ResumeOptions.NONE, true), Duration.ZERO);
    }
}
