package dev.cairn.cli;

import dev.cairn.engine.EngineException;
import dev.cairn.run.Opening;
import dev.cairn.run.manifest.RunFolder;
import dev.cairn.run.store.CairnHome;
import dev.cairn.run.walk.WalkBrokenException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code cairn slurm task}, the only line of the arrays that Cairn submits; nothing for people. */
@Command(
        name = "task",
        hidden = true,
        description = "What a task of an array that Cairn has submitted runs: one instance of a step.")
final class SlurmTaskCommand implements Callable<Integer> {
    private final Composition composition;

    @Parameters(index = "0", paramLabel = "RUN", description = "The run's folder.")
    private Path run;

    @Parameters(index = "1", paramLabel = "STEP", description = "The step.")
    private String step;

    @Parameters(index = "2", paramLabel = "TAG", description = "Of the array.")
    private String tag;

    SlurmTaskCommand(Composition composition) {
        this.composition = composition;
    }

    @Override
    public Integer call() throws IOException, CliException, EngineException, InterruptedException, WalkBrokenException {
        Path folder = composition.console().resolve(run);
        Path home = folder.resolve("../..").normalize();
        Runs runs = new Runs(CairnHome.at(home), composition);
        Foreground foreground = new Foreground(composition, runs, false);
        Opening opening = runs.runner().jobTask(new RunFolder(folder), step, tag);
        return foreground.run(opening);
    }
}
