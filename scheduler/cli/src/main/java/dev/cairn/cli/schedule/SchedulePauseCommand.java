package dev.cairn.cli.schedule;

import dev.cairn.cli.shared.AddedSchedules;
import dev.cairn.cli.shared.CliException;
import dev.cairn.cli.shared.CompositionRoot;
import dev.cairn.cli.shared.ExitCode;
import dev.cairn.cli.shared.StoreOptions;
import dev.cairn.daemon.Schedules;
import java.io.IOException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code cairn schedule pause}. */
@Command(
        name = "pause",
        description = "Pauses a schedule: starts no run of it until it is unpaused, and holds its queued runs.")
final class SchedulePauseCommand implements Callable<Integer> {
    private final CompositionRoot composition;

    @Parameters(index = "0", paramLabel = "NAME", description = "A schedule, or a workflow for all of its schedules.")
    private String name;

    @Option(names = "--drain", description = "Lets queued runs start.")
    private boolean drain;

    @Mixin
    private StoreOptions store;

    SchedulePauseCommand(CompositionRoot composition) {
        this.composition = composition;
    }

    @Override
    public Integer call() throws IOException, CliException {
        Schedules.Paused paused = AddedSchedules.open(store, composition).pause(name, drain);
        paused.schedules().forEach(entry -> composition.console().say("cairn: " + entry.id() + " is paused"));
        if (paused.held() > 0) {
            composition
                    .console()
                    .say("cairn: " + paused.held() + " queued ticks are held; 'cairn cancel KEY' ends one");
        }
        return ExitCode.OK;
    }
}
