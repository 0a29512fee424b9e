package dev.cairn.cli.schedule;

import dev.cairn.cli.shared.AddedSchedules;
import dev.cairn.cli.shared.CliException;
import dev.cairn.cli.shared.CompositionRoot;
import dev.cairn.cli.shared.ExitCode;
import dev.cairn.cli.shared.StoreOptions;
import java.io.IOException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code cairn schedule unpause}. */
@Command(
        name = "unpause",
        description = "Unpauses a schedule and its held runs. Times that passed while it was paused are skipped.")
final class ScheduleUnpauseCommand implements Callable<Integer> {
    private final CompositionRoot composition;

    @Parameters(index = "0", paramLabel = "NAME", description = "A schedule, or a workflow for all of its schedules.")
    private String name;

    @Mixin
    private StoreOptions store;

    ScheduleUnpauseCommand(CompositionRoot composition) {
        this.composition = composition;
    }

    @Override
    public Integer call() throws IOException, CliException {
        AddedSchedules.open(store, composition)
                .unpause(name)
                .forEach(entry -> composition.console().say("cairn: " + entry.id() + " is unpaused"));
        return ExitCode.OK;
    }
}
