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
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
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
    private static final int MOST = 100_000;

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
        if (parallel < 1) {
            throw new CliException(ExitCode.USAGE, "--parallel " + parallel + ": at least 1");
        }
        Schedules schedules = Schedules.open(store, composition);
        ScheduleEntry entry = schedules.one(name);
        List<Tick> ticks = ticks(entry, composition.clock().instant());
        ScheduledWorkflow workflow = schedules
                .database()
                .read(tables -> tables.workflow(entry.workflow()).orElseThrow());
        List<Problem> problems = TickInputs.of(workflow, ticks.get(0)).problems();
        if (!problems.isEmpty()) {
            throw new CliException(ExitCode.USAGE, composition.workflowFiles().told(problems, workflow.file()));
        }
        List<Tick> added = schedules.database().transact(tables -> {
            List<Tick> taken = new ArrayList<>();
            for (Tick tick : ticks) {
                if (dryRun ? tables.canBackfill(tick) : tables.backfill(tick)) {
                    taken.add(tick);
                }
            }
            tables.tellOfChange();
            return taken;
        });
        added.forEach(tick -> composition.console().out().println(tick.key()));
        if (added.size() < ticks.size()) {
            composition
                    .console()
                    .say("cairn: " + (ticks.size() - added.size())
                            + " of the times have or had a run, and are left alone");
        }
        if (!dryRun && store.url(composition).isEmpty()) {
            Schedules.sayWhenNobodyWorks(composition);
        }
        return ExitCode.OK;
    }

    private List<Tick> ticks(ScheduleEntry entry, Instant now) throws CliException {
        ZoneId zone = entry.times().zone();
        Instant first = TimeOptions.parse("--from", from, zone);
        Instant last = to.contains("T")
                ? TimeOptions.parse("--to", to, zone)
                : TimeOptions.parse("--to", to, zone)
                        .atZone(zone)
                        .toLocalDate()
                        .plusDays(1)
                        .atStartOfDay(zone)
                        .toInstant()
                        .minusNanos(1);
        if (last.isAfter(now)) {
            throw new CliException(ExitCode.USAGE, "--to " + to + ": is not past yet; the daemon starts those itself");
        }
        List<Instant> times = entry.times().between(first.minusNanos(1), last, MOST + 1);
        if (times.isEmpty()) {
            throw new CliException(ExitCode.USAGE, entry.id() + " has no time from " + from + " to " + to);
        }
        if (times.size() > MOST) {
            throw new CliException(
                    ExitCode.USAGE, entry.id() + " has more than " + MOST + " times from " + from + " to " + to);
        }
        String batch = parallel + "/" + now;
        return times.stream()
                .map(time -> Tick.of(entry, time, Tick.Kind.BACKFILL, now)
                        .with(inputs.values())
                        .inBatch(batch))
                .toList();
    }
}
