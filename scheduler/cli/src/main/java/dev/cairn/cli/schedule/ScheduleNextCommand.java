package dev.cairn.cli.schedule;

import dev.cairn.cli.shared.CliException;
import dev.cairn.cli.shared.CompositionRoot;
import dev.cairn.cli.shared.Console;
import dev.cairn.cli.shared.ExitCode;
import dev.cairn.run.view.Json;
import dev.cairn.run.view.JsonObject;
import dev.cairn.schedule.TimeText;
import dev.cairn.workflow.cron.CronException;
import dev.cairn.workflow.cron.FireTimes;
import dev.cairn.workflow.problem.Nearest;
import dev.cairn.workflow.spec.Schedule;
import dev.cairn.workflow.value.Durations;
import java.io.IOException;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code cairn schedule next}. Needs no daemon. */
@Command(name = "next", description = "Prints the next times of a workflow's schedules, or of a cron expression.")
final class ScheduleNextCommand implements Callable<Integer> {
    private final CompositionRoot composition;
    private final Console console;

    @Parameters(index = "0", arity = "0..1", paramLabel = "FILE", description = "A workflow file.")
    private @Nullable Path file;

    @Option(names = "--cron", paramLabel = "CRON", description = "Uses this cron expression instead.")
    private @Nullable String cron;

    @Option(names = "--every", paramLabel = "DURATION", description = "Uses this interval instead, e.g. 90m.")
    private @Nullable String every;

    @Option(
            names = {"-n", "--count"},
            paramLabel = "N",
            defaultValue = "10",
            description = "How many; 10 if not given.")
    private int count;

    @Option(
            names = "--timezone",
            paramLabel = "ZONE",
            description = "The zone where none is given, such as Europe/Berlin; by default the host's.")
    private @Nullable String timezone;

    @Option(
            names = "--from",
            paramLabel = "TIME",
            description = "Starts after this time, such as 2026-03-29 or 2026-03-29T02:00; now if not given.")
    private @Nullable String from;

    @Option(names = "--json", description = "Prints one JSON document.")
    private boolean json;

    ScheduleNextCommand(CompositionRoot composition) {
        this.composition = composition;
        this.console = composition.console();
    }

    /** @param text the schedule's text in the file */
    private record Source(int number, String text, FireTimes times) {}

    private record Tick(Instant at, Source source) {}

    @Override
    public Integer call() throws IOException, CliException {
        if (Stream.of(file, cron, every).filter(given -> given != null).count() != 1) {
            throw new CliException(ExitCode.USAGE, "name one of a workflow FILE, --cron CRON and --every DURATION");
        }
        if (count < 1) {
            throw new CliException(ExitCode.USAGE, "--count " + count + ": at least 1");
        }
        ZoneId zone = zone();
        List<Tick> ticks = next(sources(zone), after(zone));
        if (json) {
            Json.print(
                    console.out(),
                    new JsonObject()
                            .put(
                                    "times",
                                    ticks.stream()
                                            .map(ScheduleNextCommand::json)
                                            .toList()));
        } else {
            ticks.forEach(tick -> console.out()
                    .println(local(tick)
                            + (file == null ? "" : "  " + tick.source().text())));
        }
        if (ticks.size() < count) {
            console.say("cairn: no " + (ticks.isEmpty() ? "" : "more ") + "times will come");
        }
        return ExitCode.OK;
    }

    private List<Source> sources(ZoneId zone) throws IOException, CliException {
        if (file == null) {
            return List.of(new Source(1, "", given(zone)));
        }
        List<Source> sources = new ArrayList<>();
        for (Schedule schedule : composition.workflowFiles().read(file).schedules()) {
            sources.add(new Source(sources.size() + 1, schedule.timing().toString(), FireTimes.of(schedule, zone)));
        }
        if (sources.isEmpty()) {
            throw new CliException(ExitCode.USAGE, file + ": the workflow has no 'schedule'");
        }
        return sources;
    }

    private FireTimes given(ZoneId zone) throws CliException {
        try {
            return FireTimes.of(timing(), zone, Optional.empty(), Optional.empty());
        } catch (CronException e) {
            throw new CliException(ExitCode.USAGE, "--cron: " + e.getMessage(), e);
        }
    }

    private Schedule.Timing timing() throws CliException {
        if (cron != null) {
            return new Schedule.Timing.Cron(cron);
        }
        Duration length = Durations.parse(String.valueOf(every)).orElse(Duration.ZERO);
        if (length.isZero()) {
            throw new CliException(ExitCode.USAGE, "--every " + every + ": not a duration such as 30s, 90m or 1h30m");
        }
        return new Schedule.Timing.Every(length);
    }

    private List<Tick> next(List<Source> sources, Instant after) {
        PriorityQueue<Tick> coming = new PriorityQueue<>(Comparator.comparing(Tick::at)
                .thenComparing(tick -> tick.source().number()));
        sources.forEach(source -> source.times().next(after).ifPresent(at -> coming.add(new Tick(at, source))));
        List<Tick> ticks = new ArrayList<>();
        while (ticks.size() < count && !coming.isEmpty()) {
            Tick tick = coming.remove();
            ticks.add(tick);
            Source source = tick.source();
            source.times().next(tick.at()).ifPresent(at -> coming.add(new Tick(at, source)));
        }
        return ticks;
    }

    private ZoneId zone() throws CliException {
        if (timezone == null) {
            return ZoneId.systemDefault();
        }
        try {
            return ZoneId.of(timezone);
        } catch (DateTimeException e) {
            throw new CliException(
                    ExitCode.USAGE,
                    "--timezone: unknown time zone \"" + timezone + "\""
                            + Nearest.hint(timezone, ZoneId.getAvailableZoneIds()),
                    e);
        }
    }

    private Instant after(ZoneId zone) throws IOException {
        return from == null ? composition.clock().instant() : TimeText.parse("--from", from, zone);
    }

    private static String local(Tick tick) {
        return DateTimeFormatter.ISO_OFFSET_DATE_TIME.format(
                tick.at().atZone(tick.source().times().zone()));
    }

    private static JsonObject json(Tick tick) {
        return new JsonObject()
                .put("time", tick.at())
                .put("local", local(tick))
                .put("schedule", tick.source().number());
    }
}
