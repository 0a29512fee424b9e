package dev.cairn.cli.daemon;

import dev.cairn.cli.display.HumanText;
import dev.cairn.cli.shared.CliException;
import dev.cairn.cli.shared.CompositionRoot;
import dev.cairn.cli.shared.Console;
import dev.cairn.cli.shared.ExitCode;
import dev.cairn.cli.shared.StoreOptions;
import dev.cairn.daemon.DaemonLock;
import dev.cairn.run.view.Json;
import dev.cairn.run.view.JsonObject;
import dev.cairn.schedule.store.Database;
import dev.cairn.schedule.store.StoreException;
import dev.cairn.schedule.store.Tables;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code cairn daemon status}. */
@Command(name = "status", description = "Shows whether the daemon works; exits 0 if it does, else 69.")
final class DaemonStatusCommand implements Callable<Integer> {
    private final CompositionRoot composition;
    private final Console console;

    @Mixin
    private StoreOptions store;

    @Option(names = "--json", description = "Prints one JSON document.")
    private boolean json;

    DaemonStatusCommand(CompositionRoot composition) {
        this.composition = composition;
        this.console = composition.console();
    }

    @Override
    public Integer call() throws IOException, CliException {
        Optional<DaemonLock.About> about = DaemonLock.running(composition.stateFolder());
        String trouble = about.isPresent() ? DaemonLock.trouble(composition.stateFolder()) : "";
        List<Tables.StateCount> counts = List.of();
        long schedules = 0;
        try {
            Optional<Database> database = store.openIfPresent(composition);
            if (database.isPresent()) {
                counts = database.get().read(Tables::countByState);
                schedules = database.get().read(Tables::countSchedules);
            }
        } catch (StoreException e) {
            trouble = String.valueOf(e.getMessage());
        }
        if (json) {
            JsonObject ticks = new JsonObject();
            counts.forEach(count -> ticks.put(count.state().wire(), count.count()));
            Json.print(
                    console.out(),
                    new JsonObject()
                            .put("running", about.isPresent())
                            .put("pid", about.map(found -> found.process().pid()))
                            .put("host", about.map(DaemonLock.About::host))
                            .put("since", about.map(DaemonLock.About::since))
                            .put("store", about.map(DaemonLock.About::store))
                            .put("http", about.flatMap(DaemonLock.About::http))
                            .put("trouble", Optional.of(trouble).filter(text -> !text.isEmpty()))
                            .put("schedules", schedules)
                            .put("ticks", ticks));
        } else {
            console.out()
                    .println(about.map(found -> "at work: pid "
                                    + found.process().pid() + " since " + HumanText.time(found.since())
                                    + ", schedules in "
                                    + found.store())
                            .orElse("not running"));
            if (!trouble.isEmpty()) {
                console.out().println("in trouble: " + trouble);
            }
            console.out().println(schedules + " schedules");
            counts.forEach(count -> console.out()
                    .println(count.count() + " times " + count.state().wire()));
        }
        return about.isPresent() && trouble.isEmpty() ? ExitCode.OK : ExitCode.UNAVAILABLE;
    }
}
