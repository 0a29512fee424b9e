package dev.cairn.cli.schedule;

import dev.cairn.cli.display.Table;
import dev.cairn.cli.shared.CliException;
import dev.cairn.cli.shared.CompositionRoot;
import dev.cairn.cli.shared.Console;
import dev.cairn.cli.shared.ExitCode;
import dev.cairn.cli.shared.StoreOptions;
import dev.cairn.run.view.Json;
import dev.cairn.run.view.JsonObject;
import dev.cairn.schedule.ScheduleEntry;
import dev.cairn.schedule.ScheduleJson;
import dev.cairn.schedule.ScheduledWorkflow;
import dev.cairn.schedule.Tick;
import dev.cairn.schedule.store.Database;
import dev.cairn.schedule.store.Tables;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code cairn schedule list}. */
@Command(name = "list", description = "Lists the schedules with their next time and the outcome of their last one.")
final class ScheduleListCommand implements Callable<Integer> {
    private final CompositionRoot composition;
    private final Console console;

    @Mixin
    private StoreOptions store;

    @Option(names = "--json", description = "Prints one JSON document.")
    private boolean json;

    ScheduleListCommand(CompositionRoot composition) {
        this.composition = composition;
        this.console = composition.console();
    }

    @Override
    public Integer call() throws IOException, CliException {
        Optional<Database> database = store.openIfPresent(composition);
        List<ScheduleEntry> entries = database.isPresent() ? database.get().read(Tables::schedules) : List.of();
        Map<String, Tick> last = new HashMap<>();
        if (database.isPresent()) {
            database.get().read(Tables::newest).forEach(tick -> last.put(tick.schedule(), tick));
            for (ScheduledWorkflow workflow : database.get().read(Tables::workflows)) {
                if (!workflow.problem().isEmpty()) {
                    console.say(
                            "cairn: " + workflow.id() + ": the changed file was not loaded:\n" + workflow.problem());
                }
            }
        }
        if (json) {
            Json.print(
                    console.out(),
                    new JsonObject()
                            .put(
                                    "schedules",
                                    entries.stream()
                                            .map(entry -> ScheduleJson.of(entry)
                                                    .put(
                                                            "last",
                                                            Optional.ofNullable(last.get(entry.id()))
                                                                    .map(tick -> ScheduleJson.of(tick)
                                                                            .fields())))
                                            .toList()));
        } else {
            print(entries, last);
        }
        return ExitCode.OK;
    }

    private void print(List<ScheduleEntry> entries, Map<String, Tick> last) {
        if (entries.isEmpty()) {
            console.say("no schedules; add a workflow's with: cairn schedule add FILE");
            return;
        }
        Table table = new Table("SCHEDULE", "TIMING", "NEXT", "LAST", "STATE");
        for (ScheduleEntry entry : entries) {
            Tick tick = last.get(entry.id());
            table.row(
                    entry.id(),
                    entry.timing(),
                    ScheduleText.next(entry),
                    tick == null ? "-" : ScheduleText.local(entry, tick.time()),
                    tick == null ? "-" : tick.state().wire());
        }
        table.print(console.out());
    }
}
