package dev.cairn.schedule.store;

import dev.cairn.files.Presence;
import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Optional;
import javax.sql.DataSource;
import org.sqlite.SQLiteConfig;
import org.sqlite.SQLiteDataSource;

/** The database of the schedules. Thread-safe; each transaction belongs to its thread. */
public final class Database {
    private static final int PATIENCE_MILLIS = 10_000;

    private final String where;
    private final DataSource source;
    private final boolean shared;

    Database(String where, DataSource source, boolean shared) {
        this.where = where;
        this.source = source;
        this.shared = shared;
    }

    /** What is done in a transaction. */
    @FunctionalInterface
    public interface Work<T> {
        T on(Tables tables) throws SQLException;
    }

    /**
     * For commands, which open a connection or two. The schema is brought up to date.
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

    /** Likewise, but where nobody has made a database yet, there is none. */
    public static Optional<Database> openIfPresent(StateFolder folder, Optional<String> store) throws IOException {
        return store.isEmpty() && !Presence.isThere(folder.database())
                ? Optional.empty()
                : Optional.of(open(folder, store));
    }

    private static Database unmigrated(StateFolder folder, Optional<String> store) throws IOException {
        if (store.isPresent()) {
            return new Database(store.get().replaceAll("\\?.*", ""), new DriverSource(store.get()), true);
        }
        folder.create();
        return new Database(folder.database().toString(), sqlite(folder), false);
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

    /** Whether several daemons may use it at a time. */
    public boolean isShared() {
        return shared;
    }

    /** For a person. */
    public String where() {
        return where;
    }

    /** The same, with connections that are kept open. */
    public PooledDatabase pooled() {
        return PooledDatabase.of(this);
    }

    /**
     * All of the work, or none. By statements, since SQLite's driver begins the next transaction within its commit: where that has to wait
     * too long, what has been committed seems to have failed.
     */
    public <T> T transact(Work<T> work) throws StoreException {
        try (Connection connection = source.getConnection();
                Statement transaction = connection.createStatement()) {
            transaction.execute(shared ? "BEGIN" : "BEGIN IMMEDIATE");
            try {
                T result = work.on(new Tables(connection, shared));
                transaction.execute("COMMIT");
                return result;
            } catch (SQLException | RuntimeException e) {
                rollBack(transaction, e);
                throw e;
            }
        } catch (SQLException e) {
            throw StoreException.of(where, e);
        }
    }

    /** The database may have done so by itself already. */
    private static void rollBack(Statement transaction, Exception reason) {
        try {
            transaction.execute("ROLLBACK");
        } catch (SQLException e) {
            reason.addSuppressed(e);
        }
    }

    /** Without a transaction. */
    public <T> T read(Work<T> work) throws StoreException {
        try (Connection connection = source.getConnection()) {
            return work.on(new Tables(connection, shared));
        } catch (SQLException e) {
            throw StoreException.of(where, e);
        }
    }
}
