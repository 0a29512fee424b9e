package dev.cairn.schedule.store;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import javax.sql.DataSource;

/** Checks whether the tables have the version of this Cairn. */
final class Schema {
    /** Of the newest file. */
    private static final String VERSION = "3";

    private Schema() {}

    /** Whether the tables have this version. Does without Flyway, which would slow down a short command. */
    static boolean isUpToDate(DataSource source) {
        try (Connection connection = source.getConnection();
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(
                        "SELECT version FROM cairn_schema WHERE success ORDER BY installed_rank DESC LIMIT 1")) {
            return rows.next() && VERSION.equals(rows.getString(1));
        } catch (SQLException noneYet) {
            return false;
        }
    }
}
