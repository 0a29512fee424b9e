package dev.cairn.cli.shared;

import dev.cairn.daemon.DaemonLock;
import dev.cairn.schedule.ScheduleEntry;
import dev.cairn.schedule.store.Database;
import dev.cairn.schedule.store.StoreException;
import dev.cairn.schedule.store.Tables;
import dev.cairn.workflow.problem.Nearest;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/** The schedules that were added, as commands ask for them. */
public final class Schedules {
    private final Database database;

    private Schedules(Database database) {
        this.database = database;
    }

    public static Schedules open(StoreOptions store, CompositionRoot composition) throws IOException, CliException {
        Optional<Database> database = store.openIfPresent(composition);
        if (database.isEmpty()) {
            throw new CliException(
                    ExitCode.NOT_FOUND, "there are no schedules yet; add a workflow's with: cairn schedule add FILE");
        }
        return new Schedules(database.get());
    }

    public Database database() {
        return database;
    }

    /** One schedule by its id, or all of a workflow. */
    public List<ScheduleEntry> find(String name) throws StoreException, CliException {
        List<ScheduleEntry> all = database.read(Tables::schedules);
        List<ScheduleEntry> found = all.stream()
                .filter(entry -> entry.id().equals(name) || entry.workflow().equals(name))
                .toList();
        if (found.isEmpty()) {
            Set<String> known = new TreeSet<>();
            all.forEach(entry -> known.addAll(List.of(entry.id(), entry.workflow())));
            throw new CliException(
                    ExitCode.NOT_FOUND,
                    "there is no schedule \"" + name + "\"" + Nearest.hint(name, known)
                            + "; 'cairn schedule list' lists them");
        }
        return found;
    }

    public ScheduleEntry one(String name) throws StoreException, CliException {
        List<ScheduleEntry> found = find(name);
        if (found.size() > 1) {
            throw new CliException(
                    ExitCode.USAGE,
                    name + " has " + found.size() + " schedules; name one of "
                            + String.join(
                                    ", ", found.stream().map(ScheduleEntry::id).toList()));
        }
        return found.get(0);
    }

    /** Said by commands whose effect waits for a daemon. */
    public static void sayWhenNobodyWorks(CompositionRoot composition) throws IOException {
        if (DaemonLock.running(composition.stateFolder()).isEmpty()) {
            composition.console().say("cairn: no daemon runs here; start one with: cairn daemon");
        }
    }
}
