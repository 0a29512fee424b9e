package dev.cairn.cli.slurm;

import dev.cairn.cli.run.ForegroundRun;
import dev.cairn.cli.shared.CliException;
import dev.cairn.cli.shared.CompositionRoot;
import dev.cairn.cli.shared.Runs;
import dev.cairn.engine.EngineException;
import dev.cairn.run.OpenResult;
import dev.cairn.run.StepRunner;
import dev.cairn.run.failure.RunnerFailedException;
import dev.cairn.run.home.CairnHome;
import dev.cairn.run.manifest.RunFolder;
import java.io.IOException;
import java.nio.file.Path;
import picocli.CommandLine.Parameters;

/** Runs, in the foreground, the part of a run for which Cairn has submitted this job. */
final class SubmittedPart {
    @Parameters(index = "0", paramLabel = "RUN", description = "The run's folder.")
    private Path run;

    @Parameters(index = "1", paramLabel = "STEP", description = "The step.")
    private String step;

    /** Opens the part for which the job was submitted. */
    interface Opener {
        OpenResult open(StepRunner runner, RunFolder run, String step) throws IOException, InterruptedException;
    }

    int run(CompositionRoot composition, Opener opener)
            throws IOException, CliException, EngineException, InterruptedException, RunnerFailedException {
        Path folder = composition.console().resolve(run);
        Runs runs = new Runs(CairnHome.at(folder.resolve("../..").normalize()), composition);
        ForegroundRun foreground = new ForegroundRun(composition, runs, false);
        return foreground.run(opener.open(runs.runner(), new RunFolder(folder), step));
    }
}
