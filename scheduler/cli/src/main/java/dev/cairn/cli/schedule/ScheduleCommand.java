package dev.cairn.cli.schedule;

import dev.cairn.cli.shared.CompositionRoot;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code cairn schedule}, which needs a subcommand. */
@Command(
        name = "schedule",
        description = "Manages the schedules that start workflows.",
        synopsisSubcommandLabel = "COMMAND")
public final class ScheduleCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    public static CommandLine tree(CompositionRoot composition) {
        return new CommandLine(new ScheduleCommand())
                .addSubcommand(new ScheduleAddCommand(composition))
                .addSubcommand(new ScheduleListCommand(composition))
                .addSubcommand(new ScheduleShowCommand(composition))
                .addSubcommand(new ScheduleNextCommand(composition))
                .addSubcommand(new SchedulePauseCommand(composition))
                .addSubcommand(new ScheduleUnpauseCommand(composition))
                .addSubcommand(new ScheduleTriggerCommand(composition))
                .addSubcommand(new ScheduleBackfillCommand(composition))
                .addSubcommand(new ScheduleRemoveCommand(composition));
    }

    @Override
    public Integer call() {
        throw new CommandLine.ParameterException(spec.commandLine(), "which command?");
    }
}
