package dev.cairn.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cairn.schedule.ScheduleEntry;
import dev.cairn.schedule.ScheduledWorkflow;
import dev.cairn.schedule.Tick;
import dev.cairn.schedule.TickState;
import dev.cairn.schedule.store.Database;
import dev.cairn.schedule.store.StateFolder;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.flywaydb.core.Flyway;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A database that version 2 of the tables has filled keeps all it holds when it is opened. */
final class MigrationTest {
    @TempDir
    Path folder;

    @Test
    void sqliteOfVersion2KeepsWhatItHolds() throws Exception {
        StateFolder state = new StateFolder(folder);
        state.create();
        check("jdbc:sqlite:" + state.database(), Optional.empty());
    }

    @Test
    void postgresqlOfVersion2KeepsWhatItHolds() throws Exception {
        try (PostgresServer server = PostgresServer.start()) {
            check(server.url(), Optional.of(server.url()));
        }
    }

    private void check(String url, Optional<String> store) throws Exception {
        fillVersion2(url);
        for (int opened = 1; opened <= 2; opened++) {
            Database database = Database.open(new StateFolder(folder), store);
            List<ScheduleEntry> schedules = database.read(tables -> tables.schedules());
            assertThat(schedules).extracting(ScheduleEntry::id).containsExactly("w.1", "w.2");
            assertThat(schedules).extracting(ScheduleEntry::paused).containsExactly(false, true);
            assertThat(schedules.get(0).decided()).isEqualTo(Instant.ofEpochMilli(1_700_000_000_000L));
            Tick tick = database.read(tables -> tables.tick("w.1@1")).orElseThrow();
            assertThat(tick.state()).isEqualTo(TickState.SUCCEEDED);
            assertThat(tick.started()).contains(Instant.ofEpochMilli(1_700_000_000_001L));
            assertThat(tick.runId()).isEqualTo("run-1");
            List<ScheduledWorkflow> workflows = database.read(tables -> tables.workflows());
            assertThat(workflows).hasSize(1);
            long changes = database.read(tables -> tables.changes());
            assertThat(changes).isEqualTo(7);
        }
        try (Connection connection = DriverManager.getConnection(url)) {
            assertThat(connection
                            .getMetaData()
                            .getColumns(null, null, "cairn_schedule", "next_ms")
                            .next())
                    .isFalse();
        }
    }

    private static void fillVersion2(String url) throws SQLException {
        Flyway.configure()
                .dataSource(url, null, null)
                .table("cairn_schema")
                .locations("classpath:dev/cairn/schedule/store/migrations")
                .target("2")
                .load()
                .migrate();
        try (Connection connection = DriverManager.getConnection(url);
                Statement sql = connection.createStatement()) {
            sql.execute("UPDATE cairn_change SET number = 7");
            sql.execute("INSERT INTO cairn_workflow VALUES ('w', '/w.yaml', '/home', 'name: w', 'd', '', 1, 'skip')");
            sql.execute("INSERT INTO cairn_schedule VALUES"
                    + " ('w.1', 'w', 1, '@daily', 'UTC|||cron @daily', 'skip', 0, 0, 1700000000000, 1700000060000),"
                    + " ('w.2', 'w', 2, '@daily', 'UTC|||cron @daily', 'last', 5, 1, 1700000000000, NULL)");
            sql.execute("INSERT INTO cairn_tick VALUES ('w.1@1', 'w.1', 'w', 1700000000000, 'on_time', 'succeeded',"
                    + " 1700000000000, 1700000000000, 1700000000001, 1700000000002, '', '', 'd', 'run-1', '')");
        }
    }
}
