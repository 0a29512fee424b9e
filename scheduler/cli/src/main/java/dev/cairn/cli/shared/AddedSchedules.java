package dev.cairn.cli.shared;

import dev.cairn.daemon.DaemonLock;
import dev.cairn.daemon.Schedules;
import dev.cairn.schedule.store.Database;
import java.io.IOException;
import java.util.Optional;

/** The schedules that were added, for commands that name them. */
public final class AddedSchedules {
    private AddedSchedules() {}

    public static Schedules open(StoreOptions store, CompositionRoot composition) throws IOException, CliException {
        Optional<Database> database = store.openIfPresent(composition);
        if (database.isEmpty()) {
            throw new CliException(
                    ExitCode.NOT_FOUND, "there are no schedules yet; add a workflow's with: cairn schedule add FILE");
        }
        return new Schedules(database.get(), composition.clock());
    }

    /** Message of commands whose effect waits for a daemon. */
    public static void sayWhenNobodyWorks(CompositionRoot composition) throws IOException {
        if (DaemonLock.running(composition.stateFolder()).isEmpty()) {
            composition.console().say("cairn: no daemon runs here; start one with: cairn daemon");
        }
    }
}
