package dev.cairn.cli.run;

import dev.cairn.cli.shared.CliException;
import dev.cairn.cli.shared.CompositionRoot;
import dev.cairn.cli.shared.Runs;
import dev.cairn.engine.EngineException;
import dev.cairn.run.control.CommandResult;
import dev.cairn.run.control.RunCommand.Pause;
import dev.cairn.run.failure.RunnerFailedException;
import dev.cairn.run.manifest.RunManifest;
import java.io.IOException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code cairn pause}. */
@Command(
        name = "pause",
        description = "Checkpoints and stops each running step, freeing CPU and memory; 'unpause' resumes.")
public final class PauseCommand implements Callable<Integer> {
    private final CompositionRoot composition;

    @Parameters(index = "0", paramLabel = "NAME", description = "A run's id, the name of an exec, or a key.")
    private String name;

    public PauseCommand(CompositionRoot composition) {
        this.composition = composition;
    }

    @Override
    public Integer call()
            throws IOException, CliException, EngineException, InterruptedException, RunnerFailedException {
        Runs runs = composition.runs();
        RunManifest run = runs.read(name);
        CommandResult answer = new RunControl(runs).ask(run, new Pause());
        return RunControl.tell(answer, composition.console(), "paused");
    }
}
