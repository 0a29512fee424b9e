package dev.cairn.cli.airflow;

import dev.cairn.cli.shared.CompositionRoot;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code cairn airflow}, which needs a subcommand. */
@Command(
        name = "airflow",
        description = "Inspects Airflow servers and triggers DAG runs.",
        synopsisSubcommandLabel = "COMMAND")
public final class AirflowCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    public static CommandLine tree(CompositionRoot composition) {
        AirflowAccess access = new AirflowAccess(composition);
        return new CommandLine(new AirflowCommand())
                .addSubcommand(new AirflowCheckCommand(composition, access))
                .addSubcommand(new AirflowDagsCommand(composition, access))
                .addSubcommand(new AirflowTriggerCommand(composition, access))
                .addSubcommand(new AirflowRunsCommand(composition, access))
                .addSubcommand(new AirflowLogsCommand(composition, access));
    }

    @Override
    public Integer call() {
        throw new CommandLine.ParameterException(spec.commandLine(), "which command?");
    }
}
