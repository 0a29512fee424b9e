package dev.cairn.cli.schedule;

import dev.cairn.cli.shared.CliException;
import dev.cairn.cli.shared.CompositionRoot;
import dev.cairn.cli.shared.ExitCode;
import dev.cairn.cli.shared.Schedules;
import dev.cairn.cli.shared.StoreOptions;
import dev.cairn.schedule.ScheduleEntry;
import dev.cairn.schedule.Tick;
import dev.cairn.schedule.TickState;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
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
        Schedules schedules = Schedules.open(store, composition);
        List<ScheduleEntry> found = schedules.find(name);
        Instant now = composition.clock().instant();
        int held = schedules.database().transact(tables -> {
            tables.decideAlone();
            List<Tick> holding = new ArrayList<>();
            for (ScheduleEntry entry : found) {
                tables.put(tables.schedule(entry.id()).orElse(entry).paused(true, now));
                for (Tick tick : drain ? List.<Tick>of() : tables.unendedOf(entry.workflow())) {
                    if (tick.schedule().equals(entry.id()) && tick.state().waits()) {
                        holding.add(tick.in(TickState.HELD, "its schedule is paused"));
                    }
                }
            }
            tables.update(holding);
            tables.tellOfChange();
            return holding.size();
        });
        found.forEach(entry -> composition.console().say("cairn: " + entry.id() + " is paused"));
        if (held > 0) {
            composition.console().say("cairn: " + held + " queued ticks are held; 'cairn cancel KEY' ends one");
        }
        return ExitCode.OK;
    }
}
