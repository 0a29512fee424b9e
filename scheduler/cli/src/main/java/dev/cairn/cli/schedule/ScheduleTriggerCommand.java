package dev.cairn.cli.schedule;

import dev.cairn.cli.shared.CliException;
import dev.cairn.cli.shared.CompositionRoot;
import dev.cairn.cli.shared.ExitCode;
import dev.cairn.cli.shared.InputOptions;
import dev.cairn.cli.shared.Schedules;
import dev.cairn.cli.shared.StoreOptions;
import dev.cairn.cli.shared.TimeOptions;
import dev.cairn.daemon.TickInputs;
import dev.cairn.schedule.ScheduleEntry;
import dev.cairn.schedule.ScheduledWorkflow;
import dev.cairn.schedule.Tick;
import dev.cairn.workflow.problem.Problem;
import java.io.IOException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code cairn schedule trigger}. */
@Command(
        name = "trigger",
        description = "Starts a run of a schedule now. It may wait in the queue, but is never skipped.")
final class ScheduleTriggerCommand implements Callable<Integer> {
    private final CompositionRoot composition;

    @Parameters(index = "0", paramLabel = "NAME", description = "A schedule, or a workflow that has one.")
    private String name;

    @Option(
            names = "--time",
            paramLabel = "TIME",
            description = "The schedule.time of the run, such as 2026-03-29T02:00; now if not given.")
    private @Nullable String time;

    @Mixin
    private InputOptions inputs;

    @Mixin
    private StoreOptions store;

    ScheduleTriggerCommand(CompositionRoot composition) {
        this.composition = composition;
    }

    @Override
    public Integer call() throws IOException, CliException {
        Schedules schedules = Schedules.open(store, composition);
        ScheduleEntry entry = schedules.one(name);
        Instant now = composition.clock().instant();
        Instant named = time == null
                ? now.truncatedTo(ChronoUnit.MILLIS)
                : TimeOptions.parse("--time", time, entry.times().zone());
        Tick tick = Tick.of(entry, named, Tick.Kind.MANUAL, now).with(inputs.values());
        ScheduledWorkflow workflow = schedules
                .database()
                .read(tables -> tables.workflow(entry.workflow()).orElseThrow());
        List<Problem> problems = TickInputs.of(workflow, tick).problems();
        if (!problems.isEmpty()) {
            throw new CliException(ExitCode.USAGE, composition.workflowFiles().told(problems, workflow.file()));
        }
        boolean added = schedules.database().transact(tables -> {
            boolean isNew = tables.add(tick);
            tables.tellOfChange();
            return isNew;
        });
        if (!added) {
            throw new CliException(
                    ExitCode.UNAVAILABLE,
                    tick.key() + " was triggered already; see: cairn schedule show " + entry.id());
        }
        composition.console().out().println(tick.key());
        if (store.url(composition).isEmpty()) {
            Schedules.sayWhenNobodyWorks(composition);
        }
        return ExitCode.OK;
    }
}
