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
        Schedules schedules = Schedules.open(store, composition);
        List<ScheduleEntry> found = schedules.find(name);
        Instant now = composition.clock().instant();
        schedules.database().transact(tables -> {
            tables.decideAlone();
            List<Tick> freed = new ArrayList<>();
            for (ScheduleEntry entry : found) {
                tables.put(tables.schedule(entry.id()).orElse(entry).paused(false, now));
                for (Tick tick : tables.unendedOf(entry.workflow())) {
                    if (tick.schedule().equals(entry.id()) && tick.state() == TickState.HELD) {
                        freed.add(tick.in(TickState.WAITING, ""));
                    }
                }
            }
            tables.update(freed);
            tables.tellOfChange();
            return freed.size();
        });
        found.forEach(entry -> composition.console().say("cairn: " + entry.id() + " is unpaused"));
        return ExitCode.OK;
    }
}
