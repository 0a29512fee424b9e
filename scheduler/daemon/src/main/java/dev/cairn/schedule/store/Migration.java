package dev.cairn.schedule.store;

import javax.sql.DataSource;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.FlywayException;

/**
 * Makes the tables, and brings those of an older Cairn up to date: Flyway with the files in {@code migrations}. It is
 * separate from {@link Schema}, so that a command that finds everything up to date does not load it.
 */
final class Migration {
    private Migration() {}

    static void run(DataSource source, String where) throws StoreException {
        try {
            Flyway.configure(Migration.class.getClassLoader())
                    .dataSource(source)
                    .table("cairn_schema")
                    .locations("classpath:dev/cairn/schedule/store/migrations")
                    .load()
                    .migrate();
        } catch (FlywayException e) {
            throw StoreException.of(where, e);
        }
    }
}
