package dev.cairn.cli;

import dev.cairn.engine.EngineException;
import dev.cairn.run.Opening;
import dev.cairn.run.ResumeOptions;
import dev.cairn.run.manifest.RunManifest;
import dev.cairn.run.manifest.RunState;
import dev.cairn.run.walk.WalkBrokenException;
import java.io.IOException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code cairn unpause}. */
@Command(name = "unpause", description = "Goes on with a paused run, in the foreground.")
final class UnpauseCommand implements Callable<Integer> {
    private final Composition composition;

    @Parameters(index = "0", paramLabel = "NAME", description = "A run's id, the name of an exec, or a key.")
    private String name;

    @Option(names = "--json", description = "At the end, the run on stdout as show --json gives it.")
    private boolean json;

    UnpauseCommand(Composition composition) {
        this.composition = composition;
    }

    @Override
    public Integer call() throws IOException, CliException, EngineException, InterruptedException, WalkBrokenException {
        Runs runs = composition.runs();
        Foreground foreground = new Foreground(composition, runs, json);
        RunManifest run = runs.read(name);
        if (run.state() != RunState.PAUSED) {
            throw new CliException(
                    ExitCode.UNAVAILABLE,
                    "run " + name + " is not paused, it is " + run.state().wire());
        }
        Opening opening = runs.runner().resume(run.folder(), ResumeOptions.NONE, true);
        return foreground.run(opening);
    }
}
