package dev.cairn.cli.schedule;

import dev.cairn.cli.shared.AddedSchedules;
import dev.cairn.cli.shared.CliException;
import dev.cairn.cli.shared.CompositionRoot;
import dev.cairn.cli.shared.ExitCode;
import dev.cairn.cli.shared.InputOptions;
import dev.cairn.cli.shared.StoreOptions;
import dev.cairn.daemon.Schedules;
import java.io.IOException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code cairn schedule backfill}. */
@Command(
        name = "backfill",
        description = "Runs a schedule for its times in a range that no run was started for, each with its own time.")
final class ScheduleBackfillCommand implements Callable<Integer> {
    private final CompositionRoot composition;

    @Parameters(index = "0", paramLabel = "NAME", description = "A schedule, or a workflow that has one.")
    private String name;

    @Option(names = "--from", required = true, paramLabel = "TIME", description = "The first time, such as 2026-03-01.")
    private String from = "";

    @Option(
            names = "--to",
            required = true,
            paramLabel = "TIME",
            description = "The last time; a date such as 2026-03-31 means all of that day.")
    private String to = "";

    @Option(
            names = "--parallel",
            paramLabel = "N",
            defaultValue = "1",
            description = "How many runs at a time, within concurrency.limit; 1 if not given.")
    private int parallel;

    @Option(names = "--dry-run", description = "Only prints the keys of the runs.")
    private boolean dryRun;

    @Mixin
    private InputOptions inputs;

    @Mixin
    private StoreOptions store;

    ScheduleBackfillCommand(CompositionRoot composition) {
        this.composition = composition;
    }

    @Override
    public Integer call() throws IOException, CliException {
        Schedules.Backfill backfill = AddedSchedules.open(store, composition)
                .backfill(name, new Schedules.Range(from, to, parallel), inputs.values(), dryRun);
        backfill.ticks().forEach(tick -> composition.console().out().println(tick.key()));
        if (backfill.leftAlone() > 0) {
            composition
                    .console()
                    .say("cairn: " + backfill.leftAlone() + " of the times have or had a run, and are left alone");
        }
        if (!dryRun && store.url(composition).isEmpty()) {
            AddedSchedules.sayWhenNobodyWorks(composition);
        }
        return ExitCode.OK;
    }
}
