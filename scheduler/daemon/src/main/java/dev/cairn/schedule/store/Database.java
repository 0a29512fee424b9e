package dev.cairn.schedule.store;

import dev.cairn.files.Presence;
import java.io.IOException;
import java.sql.Types;
import java.time.Instant;
import java.util.Optional;
import javax.sql.DataSource;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.JdbiException;
import org.jdbi.v3.core.argument.AbstractArgumentFactory;
import org.jdbi.v3.core.argument.Argument;
import org.jdbi.v3.core.config.ConfigRegistry;
import org.jdbi.v3.core.statement.TemplateEngine;
import org.sqlite.SQLiteConfig;
import org.sqlite.SQLiteDataSource;

/** The database of the schedules. Thread-safe; each transaction belongs to its thread. */
public final class Database {
    private static final int PATIENCE_MILLIS = 10_000;

    private final String where;
    private final DataSource source;
    private final Jdbi jdbi;
    private final Optional<ChangeSignal> signal;

    /**
     * @param signal sent after a change; empty for a database that daemons share: they check for changes with each
     *     heartbeat
     */
    private Database(String where, DataSource source, Optional<ChangeSignal> signal) {
        this.where = where;
        this.source = source;
        this.jdbi = jdbi(source);
        this.signal = signal;
    }

    /** The work of a transaction. */
    @FunctionalInterface
    public interface Work<T> {
        T on(Tables tables);
    }

    /**
     * Opens the database for a command, which needs a connection or two, and updates the schema.
     *
     * @param store a PostgreSQL as {@code jdbc:postgresql:...}; empty for the embedded one
     */
    public static Database open(StateFolder folder, Optional<String> store) throws IOException {
        Database database = unmigrated(folder, store);
        if (!Schema.isUpToDate(database.source)) {
            Migration.run(database.source, database.where);
        }
        return database;
    }

    /** The same; empty if no database exists yet. */
    public static Optional<Database> openIfPresent(StateFolder folder, Optional<String> store) throws IOException {
        return store.isEmpty() && !Presence.isThere(folder.database())
                ? Optional.empty()
                : Optional.of(open(folder, store));
    }

    private static Database unmigrated(StateFolder folder, Optional<String> store) throws IOException {
        if (store.isPresent()) {
            return new Database(store.get().replaceAll("\\?.*", ""), new DriverSource(store.get()), Optional.empty());
        }
        folder.create();
        return new Database(folder.database().toString(), sqlite(folder), Optional.of(folder.changes()));
    }

    private static DataSource sqlite(StateFolder folder) {
        SQLiteConfig config = new SQLiteConfig();
        config.setTransactionMode(SQLiteConfig.TransactionMode.IMMEDIATE);
        config.setJournalMode(SQLiteConfig.JournalMode.WAL);
        config.setSynchronous(SQLiteConfig.SynchronousMode.FULL);
        config.setBusyTimeout(PATIENCE_MILLIS);
        SQLiteDataSource source = new SQLiteDataSource(config);
        source.setUrl("jdbc:sqlite:" + folder.database());
        return source;
    }

    public DataSource source() {
        return source;
    }

    /** Whether several daemons may use it at the same time. */
    public boolean isShared() {
        return signal.isEmpty();
    }

    /** For a person. */
    public String where() {
        return where;
    }

    /** The same, with other connections. */
    Database with(DataSource other) {
        return new Database(where, other, signal);
    }

    /**
     * Does all of the work or none. It begins and commits by SQL statements, because SQLite's driver begins the next
     * transaction within its commit. If that waits too long, a successful commit seems to have failed.
     */
    public <T> T transact(Work<T> work) throws StoreException {
        try (Handle handle = jdbi.open()) {
            handle.execute(isShared() ? "BEGIN" : "BEGIN IMMEDIATE");
            try {
                Tables tables = new Tables(handle, isShared());
                T result = work.on(tables);
                handle.execute("COMMIT");
                if (tables.hasToldOfChange()) {
                    signal.ifPresent(ChangeSignal::send);
                }
                return result;
            } catch (RuntimeException e) {
                rollBack(handle, e);
                throw e;
            }
        } catch (JdbiException e) {
            throw StoreException.of(where, e);
        }
    }

    /** Rolls back; the database may have done so by itself already. */
    private static void rollBack(Handle handle, Exception reason) {
        try {
            handle.execute("ROLLBACK");
        } catch (JdbiException e) {
            reason.addSuppressed(e);
        }
    }

    /** Without a transaction. */
    public <T> T read(Work<T> work) throws StoreException {
        try (Handle handle = jdbi.open()) {
            return work.on(new Tables(handle, isShared()));
        } catch (JdbiException e) {
            throw StoreException.of(where, e);
        }
    }

    /** Moments are stored as milliseconds. Statements are used unchanged: a {@code <} does not begin a template. */
    private static Jdbi jdbi(DataSource source) {
        return Jdbi.create(source).registerArgument(new MomentArgument()).setTemplateEngine(TemplateEngine.NOP);
    }

    private static final class MomentArgument extends AbstractArgumentFactory<Instant> {
        MomentArgument() {
            super(Types.BIGINT);
        }

        @Override
        protected Argument build(Instant value, ConfigRegistry config) {
            return (position, statement, context) -> statement.setLong(position, value.toEpochMilli());
        }
    }
}
