package dev.cairn.cli.schedule;

import dev.cairn.cli.shared.AddedSchedules;
import dev.cairn.cli.shared.CliException;
import dev.cairn.cli.shared.CompositionRoot;
import dev.cairn.cli.shared.ExitCode;
import dev.cairn.cli.shared.StoreOptions;
import dev.cairn.daemon.Schedules;
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
import picocli.CommandLine.Parameters;

/** {@code cairn schedule remove}. */
@Command(
        name = "remove",
        description = "Removes a workflow's schedules and their waiting runs; active runs continue to their end.")
final class ScheduleRemoveCommand implements Callable<Integer> {
    private final CompositionRoot composition;

    @Parameters(index = "0", paramLabel = "WORKFLOW", description = "The name in 'cairn schedule list', without .N.")
    private String name;

    @Mixin
    private StoreOptions store;

    ScheduleRemoveCommand(CompositionRoot composition) {
        this.composition = composition;
    }

    @Override
    public Integer call() throws IOException, CliException {
        Schedules schedules = AddedSchedules.open(store, composition);
        List<ScheduleEntry> found = schedules.find(name);
        if (!found.get(0).workflow().equals(name)) {
            throw new CliException(
                    ExitCode.USAGE,
                    name + " is one schedule of " + found.get(0).workflow()
                            + ": take it out of the workflow file, or pause it. 'remove' takes the whole workflow");
        }
        Instant now = composition.clock().instant();
        schedules.database().transact(tables -> {
            List<Tick> waiting = new ArrayList<>();
            for (Tick tick : tables.unendedOf(name)) {
                if (!tick.state().takesPlace()) {
                    waiting.add(tick.ended(TickState.CANCELLED, "its schedule was removed", now));
                }
            }
            tables.update(waiting);
            for (ScheduleEntry entry : found) {
                tables.removeSchedule(entry.id());
            }
            tables.forgetWorkflows();
            tables.tellOfChange();
            return waiting.size();
        });
        composition.console().say("cairn: " + name + " is removed; its runs stay");
        return ExitCode.OK;
    }
}
