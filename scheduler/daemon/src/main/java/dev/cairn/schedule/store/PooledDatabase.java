package dev.cairn.schedule.store;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import com.zaxxer.hikari.SQLExceptionOverride;
import java.sql.SQLException;
import java.util.function.Consumer;
import org.sqlite.SQLiteException;

/** A database with open connections, for a daemon. Thread-safe. */
public final class PooledDatabase implements AutoCloseable {
    private static final int CONNECTIONS = 8;
    private static final int PATIENCE_MILLIS = 10_000;

    private final HikariDataSource pool;
    private final Database database;

    private PooledDatabase(HikariDataSource pool, Database database) {
        this.pool = pool;
        this.database = database;
    }

    /** @param failed receives each failure of a connection, in the thread that uses the connection */
    public static PooledDatabase of(Database plain, Consumer<StoreException> failed) {
        HikariConfig config = new HikariConfig();
        config.setDataSource(plain.source());
        config.setMaximumPoolSize(CONNECTIONS);
        config.setConnectionTimeout(PATIENCE_MILLIS);
        config.setInitializationFailTimeout(-1);
        config.setPoolName("cairn");
        config.setExceptionOverride(new NoSecondUse(e -> failed.accept(StoreException.of(plain.where(), e))));
        HikariDataSource pool = new HikariDataSource(config);
        return new PooledDatabase(pool, plain.with(pool));
    }

    /**
     * Discards a connection to SQLite that could not begin a transaction. It would assume to be in one from then on,
     * and its next user, for example Quartz, would write without a transaction.
     */
    private record NoSecondUse(Consumer<SQLException> failed) implements SQLExceptionOverride {
        @java.lang.Override
        public Override adjudicate(SQLException e) {
            failed.accept(e);
            return e instanceof SQLiteException ? Override.MUST_EVICT : Override.CONTINUE_EVICT;
        }
    }

    public Database database() {
        return database;
    }

    @Override
    public void close() {
        pool.close();
    }
}
