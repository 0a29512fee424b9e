package dev.cairn.cli.slurm;

import dev.cairn.cli.run.ForegroundRun;
import dev.cairn.cli.shared.CliException;
import dev.cairn.cli.shared.CompositionRoot;
import dev.cairn.cli.shared.Runs;
import dev.cairn.engine.EngineException;
import dev.cairn.run.OpenResult;
import dev.cairn.run.failure.RunnerFailedException;
import dev.cairn.run.home.CairnHome;
import dev.cairn.run.manifest.RunFolder;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code cairn slurm step}, the only line of the jobs that Cairn submits; nothing for people. */
@Command(name = "step", hidden = true, description = "What a job that Cairn has submitted runs: one step of a run.")
final class SlurmStepCommand implements Callable<Integer> {
    private final CompositionRoot composition;

    @Parameters(index = "0", paramLabel = "RUN", description = "The run's folder.")
    private Path run;

    @Parameters(index = "1", paramLabel = "STEP", description = "The step.")
    private String step;

    @Parameters(index = "2", paramLabel = "NUMBER", description = "Of the submission.")
    private long number;

    SlurmStepCommand(CompositionRoot composition) {
        this.composition = composition;
    }

    @Override
    public Integer call()
            throws IOException, CliException, EngineException, InterruptedException, RunnerFailedException {
        Path folder = composition.console().resolve(run);
        Path home = folder.resolve("../..").normalize();
        Runs runs = new Runs(CairnHome.at(home), composition);
        ForegroundRun foreground = new ForegroundRun(composition, runs, false);
        OpenResult opening = runs.runner().jobStep(new RunFolder(folder), step, number);
        return foreground.run(opening);
    }
}
