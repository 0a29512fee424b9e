package dev.cairn.trigger;

import dev.cairn.schedule.ScheduleEntry;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import javax.sql.DataSource;

/**
 * The triggers in Quartz's tables, read in a single query; Quartz itself would make one per schedule. Immutable.
 *
 * @param byName the name of a trigger is the id of its schedule
 */
record StoredTriggers(Map<String, Stored> byName) {
    /**
     * If Quartz has acquired a trigger for longer than this without firing it, its database failed and it has given up.
     */
    private static final Duration STUCK = Duration.ofMinutes(1);

    private static final Set<String> WORKING = Set.of("WAITING", "ACQUIRED");

    record Stored(String job, String state, Instant next, String times) {}

    static StoredTriggers read(DataSource database, String group) throws SQLException {
        try (Connection connection = database.getConnection();
                PreparedStatement statement = connection.prepareStatement(
                        "SELECT t.TRIGGER_NAME, t.JOB_NAME, t.TRIGGER_STATE, t.NEXT_FIRE_TIME, p.STR_PROP_1"
                                + " FROM QRTZ_TRIGGERS t LEFT JOIN QRTZ_SIMPROP_TRIGGERS p ON p.SCHED_NAME = t.SCHED_NAME"
                                + " AND p.TRIGGER_NAME = t.TRIGGER_NAME AND p.TRIGGER_GROUP = t.TRIGGER_GROUP"
                                + " WHERE t.TRIGGER_GROUP = ?")) {
            statement.setString(1, group);
            Map<String, Stored> found = new HashMap<>();
            try (ResultSet rows = statement.executeQuery()) {
                while (rows.next()) {
                    String times = rows.getString(5);
                    found.put(
                            rows.getString(1),
                            new Stored(
                                    rows.getString(2),
                                    rows.getString(3),
                                    Instant.ofEpochMilli(rows.getLong(4)),
                                    times == null ? "" : times));
                }
            }
            return new StoredTriggers(found);
        }
    }

    /** Whether Quartz will fire a schedule no later than at its next time. */
    boolean agreesWith(ScheduleEntry schedule, String job, Instant now) {
        Stored stored = byName.get(schedule.id());
        return stored != null
                && stored.job().equals(job)
                && WORKING.contains(stored.state())
                && stored.times().equals(schedule.times().toText())
                && !schedule.times()
                        .next(now)
                        .filter(next -> next.isBefore(stored.next()))
                        .isPresent()
                && (stored.state().equals("WAITING") || stored.next().isAfter(now.minus(STUCK)));
    }
}
