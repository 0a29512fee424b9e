package dev.cairn.cli.shared;

import dev.cairn.schedule.store.Database;
import dev.cairn.schedule.store.StateFolder;
import java.io.IOException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Where the schedules are kept. */
public final class StoreOptions {
    @Option(
            names = "--store",
            paramLabel = "URL",
            description = "A PostgreSQL that daemons share, jdbc:postgresql://HOST/DATABASE; else $CAIRN_STORE, else a "
                    + "database in the state folder.")
    private @Nullable String store;

    public Optional<String> url(CompositionRoot composition) throws CliException {
        String named =
                store != null ? store : composition.console().environment().getOrDefault("CAIRN_STORE", "");
        if (!named.isEmpty() && !named.startsWith("jdbc:postgresql:")) {
            throw new CliException(
                    ExitCode.USAGE, "--store " + named + ": not like jdbc:postgresql://HOST/DATABASE?user=USER");
        }
        return Optional.of(named).filter(text -> !text.isEmpty());
    }

    /** Creates the store if it is missing. */
    public Database open(CompositionRoot composition) throws IOException, CliException {
        return Database.open(composition.stateFolder(), url(composition));
    }

    /** The store; empty if no schedule was ever added. */
    public Optional<Database> openIfPresent(CompositionRoot composition) throws IOException, CliException {
        StateFolder folder = composition.stateFolder();
        return Database.openIfPresent(folder, url(composition));
    }
}
