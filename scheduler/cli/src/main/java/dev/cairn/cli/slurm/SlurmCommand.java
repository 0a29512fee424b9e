package dev.cairn.cli.slurm;

import dev.cairn.cli.shared.CompositionRoot;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code cairn slurm}, which needs a subcommand. */
@Command(name = "slurm", description = "Writes batch scripts for Slurm.", synopsisSubcommandLabel = "COMMAND")
public final class SlurmCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    public static CommandLine tree(CompositionRoot composition) {
        return new CommandLine(new SlurmCommand())
                .addSubcommand(new SlurmScriptCommand(composition))
                .addSubcommand(new SlurmStepCommand(composition))
                .addSubcommand(new SlurmTaskCommand(composition));
    }

    @Override
    public Integer call() {
        throw new CommandLine.ParameterException(spec.commandLine(), "which command?");
    }
}
