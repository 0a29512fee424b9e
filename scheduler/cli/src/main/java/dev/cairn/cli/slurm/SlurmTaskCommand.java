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

/** {@code cairn slurm task}, the only line of the job arrays that Cairn submits. Not for people. */
@Command(
        name = "task",
        hidden = true,
        description = "What a task of an array that Cairn has submitted runs: one instance of a step.")
final class SlurmTaskCommand implements Callable<Integer> {
    private final CompositionRoot composition;

    @Mixin
    private SubmittedPart part;

    @Parameters(index = "2", paramLabel = "TAG", description = "Of the array.")
    private String tag;

    SlurmTaskCommand(CompositionRoot composition) {
        this.composition = composition;
    }

    @Override
    public Integer call()
            throws IOException, CliException, EngineException, InterruptedException, RunnerFailedException {
        return part.run(composition, (runner, run, step) -> runner.jobTask(run, step, tag));
    }
}
