package dev.cairn.cli.schedule;

import dev.cairn.cli.display.Table;
import dev.cairn.cli.shared.AddedSchedules;
import dev.cairn.cli.shared.CliException;
import dev.cairn.cli.shared.CompositionRoot;
import dev.cairn.cli.shared.Console;
import dev.cairn.cli.shared.ExitCode;
import dev.cairn.cli.shared.StoreOptions;
import dev.cairn.daemon.Schedules;
import dev.cairn.run.view.Json;
import dev.cairn.run.view.JsonObject;
import dev.cairn.schedule.ScheduleEntry;
import dev.cairn.schedule.ScheduleJson;
import dev.cairn.schedule.ScheduledWorkflow;
import dev.cairn.schedule.Tick;
import dev.cairn.schedule.store.Database;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code cairn schedule show}. */
@Command(name = "show", description = "Shows a schedule, its workflow and the outcomes of its last times.")
final class ScheduleShowCommand implements Callable<Integer> {
    private final CompositionRoot composition;
    private final Console console;

    @Parameters(index = "0", paramLabel = "NAME", description = "A schedule, or a workflow for all of its schedules.")
    private String name;

    @Option(
            names = {"-n", "--count"},
            paramLabel = "N",
            defaultValue = "20",
            description = "How many times of each schedule; 20 if not given.")
    private int count;

    @Mixin
    private StoreOptions store;

    @Option(names = "--json", description = "Prints one JSON document.")
    private boolean json;

    ScheduleShowCommand(CompositionRoot composition) {
        this.composition = composition;
        this.console = composition.console();
    }

    @Override
    public Integer call() throws IOException, CliException {
        Schedules schedules = AddedSchedules.open(store, composition);
        List<ScheduleEntry> entries = schedules.find(name);
        Database database = schedules.database();
        ScheduledWorkflow workflow = database.read(
                tables -> tables.workflow(entries.get(0).workflow()).orElseThrow());
        List<List<Tick>> ticks = new ArrayList<>();
        for (ScheduleEntry entry : entries) {
            ticks.add(database.read(tables -> tables.newestOf(entry.id(), count)));
        }
        if (json) {
            printJson(workflow, entries, ticks);
        } else {
            print(workflow, entries, ticks);
        }
        return ExitCode.OK;
    }

    private void print(ScheduledWorkflow workflow, List<ScheduleEntry> entries, List<List<Tick>> ticks) {
        console.out().println("file " + workflow.file());
        console.out().println("runs in " + workflow.home());
        workflow.concurrency()
                .ifPresent(rule -> console.out()
                        .println("at most " + rule.limit() + " at a time, else " + ScheduleJson.overlap(rule)));
        if (!workflow.problem().isEmpty()) {
            console.out().println("the changed file was not loaded:\n" + workflow.problem());
        }
        for (int i = 0; i < entries.size(); i++) {
            ScheduleEntry entry = entries.get(i);
            console.out().println();
            console.out()
                    .println(entry.id() + "  " + entry.timing() + "  "
                            + entry.times().zone() + "  next " + ScheduleText.next(entry));
            if (!ticks.get(i).isEmpty()) {
                Table table = new Table("TIME", "STARTED", "RUN", "STATE");
                for (Tick tick : ticks.get(i)) {
                    table.row(
                            ScheduleText.local(entry, tick.time()),
                            ScheduleText.started(tick),
                            tick.runId().isEmpty() ? "-" : tick.runId(),
                            ScheduleText.state(tick));
                }
                table.print(console.out());
            }
        }
    }

    private void printJson(ScheduledWorkflow workflow, List<ScheduleEntry> entries, List<List<Tick>> ticks) {
        List<JsonObject> shown = new ArrayList<>();
        for (int i = 0; i < entries.size(); i++) {
            shown.add(ScheduleJson.of(entries.get(i))
                    .put("ticks", ticks.get(i).stream().map(ScheduleJson::of).toList()));
        }
        Json.print(console.out(), ScheduleJson.of(workflow).put("schedules", shown));
    }
}
