package dev.cairn.schedule.store;

import dev.cairn.schedule.ScheduleEntry;
import dev.cairn.schedule.ScheduledWorkflow;
import dev.cairn.schedule.Tick;
import dev.cairn.schedule.TickState;
import dev.cairn.workflow.cron.FireTimes;
import dev.cairn.workflow.spec.Concurrency;
import dev.cairn.workflow.spec.Schedule;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;

/** What the database holds, within one transaction. Confined to the thread that has it. */
public final class Tables {
    private static final String UNENDED = Arrays.stream(TickState.values())
            .filter(state -> !state.isFinal())
            .map(state -> "'" + state.wire() + "'")
            .collect(Collectors.joining(", ", "(", ")"));

    private final Sql sql;
    private final boolean shared;
    private boolean changed;

    Tables(Connection connection, boolean shared) {
        this.sql = new Sql(connection);
        this.shared = shared;
    }

    /** Of several daemons that decide, one at a time does; the others wait here for its transaction's end. */
    public void decideAlone() throws SQLException {
        if (shared) {
            sql.list("SELECT number FROM cairn_change FOR UPDATE", row -> row.getLong(1));
        }
    }

    /** Is another number whenever somebody has changed what daemons should look at. */
    public long changes() throws SQLException {
        return sql.list("SELECT number FROM cairn_change", row -> row.getLong(1))
                .get(0);
    }

    public void tellOfChange() throws SQLException {
        sql.update("UPDATE cairn_change SET number = number + 1");
        changed = true;
    }

    /** Whether {@link #tellOfChange} was called in this transaction. */
    boolean hasToldOfChange() {
        return changed;
    }

    // ---- workflows

    public List<ScheduledWorkflow> workflows() throws SQLException {
        return sql.list("SELECT * FROM cairn_workflow ORDER BY id", Tables::workflow);
    }

    public Optional<ScheduledWorkflow> workflow(String id) throws SQLException {
        return sql.list("SELECT * FROM cairn_workflow WHERE id = ?", Tables::workflow, id).stream()
                .findFirst();
    }

    public Optional<ScheduledWorkflow> workflowOf(Path file) throws SQLException {
        return sql.list("SELECT * FROM cairn_workflow WHERE file = ?", Tables::workflow, file.toString()).stream()
                .findFirst();
    }

    public void put(ScheduledWorkflow workflow) throws SQLException {
        sql.update("DELETE FROM cairn_workflow WHERE id = ?", workflow.id());
        sql.update(
                "INSERT INTO cairn_workflow (id, file, home, content, digest, problem, max_runs, on_overlap)"
                        + " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                workflow.id(),
                workflow.file().toString(),
                workflow.home().toString(),
                workflow.content(),
                workflow.digest(),
                workflow.problem(),
                workflow.concurrency().map(Concurrency::limit).orElse(0),
                wire(workflow.concurrency().map(Concurrency::onOverlap).orElse(Concurrency.Overlap.QUEUE)));
    }

    /** Those without schedules of which nothing is left to be done; what has become of their ticks stays. */
    public void forgetWorkflows() throws SQLException {
        sql.update("DELETE FROM cairn_workflow WHERE id NOT IN (SELECT workflow FROM cairn_schedule)"
                + " AND id NOT IN (SELECT workflow FROM cairn_tick WHERE state IN " + UNENDED + ")");
    }

    private static ScheduledWorkflow workflow(ResultSet row) throws SQLException {
        int limit = row.getInt("max_runs");
        return new ScheduledWorkflow(
                row.getString("id"),
                Path.of(row.getString("file")),
                Path.of(row.getString("home")),
                row.getString("content"),
                row.getString("digest"),
                row.getString("problem"),
                limit == 0
                        ? Optional.empty()
                        : Optional.of(new Concurrency(
                                limit, constant(Concurrency.Overlap.class, row.getString("on_overlap")))));
    }

    // ---- schedules

    public List<ScheduleEntry> schedules() throws SQLException {
        return sql.list("SELECT * FROM cairn_schedule ORDER BY workflow, place", Tables::schedule);
    }

    public long countSchedules() throws SQLException {
        return sql.list("SELECT COUNT(*) FROM cairn_schedule", row -> row.getLong(1))
                .get(0);
    }

    public List<ScheduleEntry> schedulesOf(String workflow) throws SQLException {
        return sql.list("SELECT * FROM cairn_schedule WHERE workflow = ? ORDER BY place", Tables::schedule, workflow);
    }

    public Optional<ScheduleEntry> schedule(String id) throws SQLException {
        return sql.list("SELECT * FROM cairn_schedule WHERE id = ?", Tables::schedule, id).stream()
                .findFirst();
    }

    public void put(ScheduleEntry schedule) throws SQLException {
        sql.update("DELETE FROM cairn_schedule WHERE id = ?", schedule.id());
        sql.update(
                "INSERT INTO cairn_schedule"
                        + " (id, workflow, place, timing, times, missed, jitter_ms, paused, decided_ms)"
                        + " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                schedule.id(),
                schedule.workflow(),
                schedule.place(),
                schedule.timing(),
                schedule.times().toText(),
                wire(schedule.missed()),
                schedule.jitter().toMillis(),
                schedule.paused() ? 1 : 0,
                schedule.decided());
    }

    /** Only how far it has come. */
    public void advance(ScheduleEntry schedule) throws SQLException {
        sql.update("UPDATE cairn_schedule SET decided_ms = ? WHERE id = ?", schedule.decided(), schedule.id());
    }

    public void removeSchedule(String id) throws SQLException {
        sql.update("DELETE FROM cairn_schedule WHERE id = ?", id);
    }

    private static ScheduleEntry schedule(ResultSet row) throws SQLException {
        return new ScheduleEntry(
                row.getString("id"),
                row.getString("workflow"),
                row.getInt("place"),
                row.getString("timing"),
                FireTimes.parse(row.getString("times")),
                constant(Schedule.Missed.class, row.getString("missed")),
                Duration.ofMillis(row.getLong("jitter_ms")),
                row.getInt("paused") != 0,
                Sql.time(row, "decided_ms"));
    }

    // ---- ticks

    public Optional<Tick> tick(String key) throws SQLException {
        return sql.list("SELECT * FROM cairn_tick WHERE run_key = ?", Tables::tick, key).stream()
                .findFirst();
    }

    /** Those of a workflow that have not ended. */
    public List<Tick> unendedOf(String workflow) throws SQLException {
        return sql.list(
                "SELECT * FROM cairn_tick WHERE workflow = ? AND state IN " + UNENDED + " ORDER BY time_ms",
                Tables::tick,
                workflow);
    }

    /** All that have not ended. */
    public List<Tick> unended() throws SQLException {
        return sql.list("SELECT * FROM cairn_tick WHERE state IN " + UNENDED + " ORDER BY time_ms", Tables::tick);
    }

    /** Those of a workflow that are in a state for exactly this reason. */
    public List<Tick> ticks(String workflow, TickState state, String detail) throws SQLException {
        return sql.list(
                "SELECT * FROM cairn_tick WHERE workflow = ? AND state = ? AND detail = ? ORDER BY time_ms",
                Tables::tick,
                workflow,
                state.wire(),
                detail);
    }

    /** Those whose jitter has passed. */
    public List<Tick> waitedLongEnough(Instant now) throws SQLException {
        return sql.list(
                "SELECT * FROM cairn_tick WHERE state = 'waiting' AND due_ms <= ? ORDER BY due_ms, time_ms",
                Tables::tick,
                now);
    }

    /** The newest of a schedule, newest first. */
    public List<Tick> newestOf(String schedule, int atMost) throws SQLException {
        return sql.list(
                "SELECT * FROM cairn_tick WHERE schedule = ? ORDER BY time_ms DESC LIMIT ?",
                Tables::tick,
                schedule,
                atMost);
    }

    /** The newest of each schedule. */
    public List<Tick> newest() throws SQLException {
        return sql.list(
                "SELECT t.* FROM cairn_tick t JOIN (SELECT schedule, MAX(time_ms) AS newest FROM cairn_tick"
                        + " GROUP BY schedule) n ON t.schedule = n.schedule AND t.time_ms = n.newest",
                Tables::tick);
    }

    /** How many ticks are in which state. */
    public List<StateCount> countByState() throws SQLException {
        return sql.list(
                "SELECT state, COUNT(*) AS n FROM cairn_tick GROUP BY state ORDER BY state",
                row -> new StateCount(TickState.fromWire(row.getString("state")), row.getLong("n")));
    }

    /** @param count of ticks */
    public record StateCount(TickState state, long count) {}

    /** @return false when there is one of its key already, which stays as it is */
    public boolean add(Tick tick) throws SQLException {
        return sql.update(
                        "INSERT INTO cairn_tick (run_key, schedule, workflow, time_ms, kind, state, due_ms,"
                                + " decided_ms, started_ms, ended_ms, inputs, detail, daemon, run_id, batch)"
                                + " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
                        tick.key(),
                        tick.schedule(),
                        tick.workflow(),
                        tick.time(),
                        wire(tick.kind()),
                        tick.state().wire(),
                        tick.due(),
                        tick.decided(),
                        tick.started().map(Instant::toEpochMilli).orElse(null),
                        tick.ended().map(Instant::toEpochMilli).orElse(null),
                        GivenInputs.text(tick.inputs()),
                        tick.detail(),
                        tick.daemon(),
                        tick.runId(),
                        tick.batch())
                == 1;
    }

    /** Whether no run was started for its time. */
    public boolean canBackfill(Tick tick) throws SQLException {
        return tick(tick.key())
                .map(known -> known.state() == TickState.MISSED || known.state() == TickState.SKIPPED)
                .orElse(true);
    }

    /**
     * Adds a tick, or opens again one that was missed or skipped.
     *
     * @return false when a run was started for its time; it stays as it is
     */
    public boolean backfill(Tick tick) throws SQLException {
        if (!canBackfill(tick)) {
            return false;
        }
        sql.update("DELETE FROM cairn_tick WHERE run_key = ?", tick.key());
        return add(tick);
    }

    /** How many of a batch have been let go. */
    public long underWay(String batch) throws SQLException {
        return sql.list(
                        "SELECT COUNT(*) FROM cairn_tick WHERE batch = ? AND state NOT IN ('waiting', 'held') AND state IN "
                                + UNENDED,
                        row -> row.getLong(1),
                        batch)
                .get(0);
    }

    public void update(Collection<Tick> ticks) throws SQLException {
        for (Tick tick : ticks) {
            sql.update(
                    "UPDATE cairn_tick SET state = ?, due_ms = ?, started_ms = ?, ended_ms = ?, detail = ?,"
                            + " daemon = ?, run_id = ?, batch = ? WHERE run_key = ?",
                    tick.state().wire(),
                    tick.due(),
                    tick.started().map(Instant::toEpochMilli).orElse(null),
                    tick.ended().map(Instant::toEpochMilli).orElse(null),
                    tick.detail(),
                    tick.daemon(),
                    tick.runId(),
                    tick.batch(),
                    tick.key());
        }
    }

    private static Tick tick(ResultSet row) throws SQLException {
        return new Tick(
                row.getString("run_key"),
                row.getString("schedule"),
                row.getString("workflow"),
                Sql.time(row, "time_ms"),
                constant(Tick.Kind.class, row.getString("kind")),
                TickState.fromWire(row.getString("state")),
                Sql.time(row, "due_ms"),
                Sql.time(row, "decided_ms"),
                Sql.optionalTime(row, "started_ms"),
                Sql.optionalTime(row, "ended_ms"),
                GivenInputs.parse(row.getString("inputs")),
                row.getString("detail"),
                row.getString("daemon"),
                row.getString("run_id"),
                row.getString("batch"));
    }

    // ---- daemons

    /** @param beat moves while it lives */
    public record DaemonRow(String id, Instant since, long beat) {}

    public List<DaemonRow> daemons() throws SQLException {
        return sql.list(
                "SELECT * FROM cairn_daemon ORDER BY id",
                row -> new DaemonRow(row.getString("id"), Sql.time(row, "since_ms"), row.getLong("beat")));
    }

    public void enter(String daemon, Instant since) throws SQLException {
        leave(daemon);
        sql.update("INSERT INTO cairn_daemon (id, since_ms, beat) VALUES (?, ?, 0)", daemon, since);
    }

    /** @return false when another has taken it for dead */
    public boolean beat(String daemon) throws SQLException {
        return sql.update("UPDATE cairn_daemon SET beat = beat + 1 WHERE id = ?", daemon) == 1;
    }

    public void leave(String daemon) throws SQLException {
        sql.update("DELETE FROM cairn_daemon WHERE id = ?", daemon);
    }

    /**
     * Gives what daemons ran that are no more to another.
     *
     * @return whether there was anything
     */
    public boolean takeOver(String daemon) throws SQLException {
        return sql.update(
                        "UPDATE cairn_tick SET daemon = ? WHERE daemon <> ? AND state IN ('running', 'parking', 'cancelling')"
                                + " AND daemon NOT IN (SELECT id FROM cairn_daemon)",
                        daemon,
                        daemon)
                > 0;
    }

    private static String wire(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT);
    }

    private static <E extends Enum<E>> E constant(Class<E> type, String text) {
        return Enum.valueOf(type, text.toUpperCase(Locale.ROOT));
    }
}
