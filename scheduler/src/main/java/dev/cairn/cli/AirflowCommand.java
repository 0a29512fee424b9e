package dev.cairn.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code cairn airflow}, which does nothing without one of its own commands. */
@Command(
        name = "airflow",
        description = "Looks into Airflow servers, and triggers DAG runs.",
        synopsisSubcommandLabel = "COMMAND")
final class AirflowCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    static CommandLine tree(Composition composition) {
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
