package dev.cairn.cli.schedule;

import dev.cairn.cli.shared.CliException;
import dev.cairn.cli.shared.CompositionRoot;
import dev.cairn.cli.shared.ExitCode;
import dev.cairn.cli.shared.Schedules;
import dev.cairn.cli.shared.StoreOptions;
import dev.cairn.schedule.ScheduleEntry;
import java.io.IOException;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code cairn schedule pause} and {@code cairn schedule unpause}. */
@Command
final class SchedulePauseCommand implements Callable<Integer> {
    private final CompositionRoot composition;
    private final boolean pause;

    @Parameters(index = "0", paramLabel = "NAME", description = "A schedule, or a workflow for all of its schedules.")
    private String name;

    @Mixin
    private StoreOptions store;

    private SchedulePauseCommand(CompositionRoot composition, boolean pause) {
        this.composition = composition;
        this.pause = pause;
    }

    static CommandLine pause(CompositionRoot composition) {
        return named(new SchedulePauseCommand(composition, true), "Starts nothing by a schedule until it is unpaused.");
    }

    static CommandLine unpause(CompositionRoot composition) {
        return named(
                new SchedulePauseCommand(composition, false),
                "Lets a schedule go on from now; times that passed while it was paused are not made up for.");
    }

    private static CommandLine named(SchedulePauseCommand command, String description) {
        CommandLine line = new CommandLine(command);
        line.getCommandSpec().usageMessage().description(description);
        return line;
    }

    @Override
    public Integer call() throws IOException, CliException {
        Schedules schedules = Schedules.open(store, composition);
        List<ScheduleEntry> found = schedules.find(name);
        Instant now = composition.clock().instant();
        schedules.database().transact(tables -> {
            for (ScheduleEntry entry : found) {
                tables.put(tables.schedule(entry.id()).orElse(entry).paused(pause, now));
            }
            tables.tellOfChange();
            return found.size();
        });
        found.forEach(entry -> composition.console().say("cairn: " + entry.id() + (pause ? " is paused" : " goes on")));
        return ExitCode.OK;
    }
}
