package dev.cairn.cli.slurm;

import dev.cairn.cli.shared.CliException;
import dev.cairn.cli.shared.CompositionRoot;
import dev.cairn.engine.EngineException;
import dev.cairn.run.failure.RunnerFailedException;
import java.io.IOException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code cairn slurm step}, the only line of the jobs that Cairn submits. Not for people. */
@Command(name = "step", hidden = true, description = "What a job that Cairn has submitted runs: one step of a run.")
final class SlurmStepCommand implements Callable<Integer> {
    private final CompositionRoot composition;

    @Mixin
    private SubmittedPart part;

    @Parameters(index = "2", paramLabel = "NUMBER", description = "Of the submission.")
    private long number;

    SlurmStepCommand(CompositionRoot composition) {
        this.composition = composition;
    }

    @Override
    public Integer call()
            throws IOException, CliException, EngineException, InterruptedException, RunnerFailedException {
        return part.run(composition, (runner, run, step) -> runner.jobStep(run, step, number));
    }
}
