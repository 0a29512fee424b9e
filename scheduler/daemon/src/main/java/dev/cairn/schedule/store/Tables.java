package dev.cairn.schedule.store;

import dev.cairn.schedule.ScheduleEntry;
import dev.cairn.schedule.ScheduledWorkflow;
import dev.cairn.schedule.Tick;
import dev.cairn.schedule.TickState;
import dev.cairn.workflow.cron.FireTimes;
import dev.cairn.workflow.spec.Concurrency;
import dev.cairn.workflow.spec.Schedule;
import java.nio.file.Path;
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
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.mapper.RowMapper;

/** The content of the database, within one transaction. Confined to the thread that has it. */
public final class Tables {
    private static final String UNENDED = Arrays.stream(TickState.values())
            .filter(state -> !state.isFinal())
            .map(state -> "'" + state.wire() + "'")
            .collect(Collectors.joining(", ", "(", ")"));

    private static final RowMapper<ScheduledWorkflow> WORKFLOW = (row, context) -> workflow(row);
    private static final RowMapper<ScheduleEntry> SCHEDULE = (row, context) -> schedule(row);
    private static final RowMapper<Tick> TICK = (row, context) -> tick(row);

    private final Handle sql;
    private final boolean shared;
    private boolean changed;

    Tables(Handle sql, boolean shared) {
        this.sql = sql;
        this.shared = shared;
    }

    /** Lets only one daemon decide at a time; the others wait here for the end of its transaction. */
    public void decideAlone() {
        if (shared) {
            sql.select("SELECT number FROM cairn_change FOR UPDATE")
                    .mapTo(Long.class)
                    .one();
        }
    }

    /** A number that changes whenever a command or daemon changed something that daemons must read. */
    public long changes() {
        return sql.select("SELECT number FROM cairn_change").mapTo(Long.class).one();
    }

    public void tellOfChange() {
        sql.execute("UPDATE cairn_change SET number = number + 1");
        changed = true;
    }

    /** Whether {@link #tellOfChange} was called in this transaction. */
    boolean hasToldOfChange() {
        return changed;
    }

    // ---- workflows

    public List<ScheduledWorkflow> workflows() {
        return sql.select("SELECT * FROM cairn_workflow ORDER BY id")
                .map(WORKFLOW)
                .list();
    }

    public Optional<ScheduledWorkflow> workflow(String id) {
        return sql.select("SELECT * FROM cairn_workflow WHERE id = ?", id)
                .map(WORKFLOW)
                .findFirst();
    }

    public Optional<ScheduledWorkflow> workflowOf(Path file) {
        return sql.select("SELECT * FROM cairn_workflow WHERE file = ?", file.toString())
                .map(WORKFLOW)
                .findFirst();
    }

    public void put(ScheduledWorkflow workflow) {
        sql.execute("DELETE FROM cairn_workflow WHERE id = ?", workflow.id());
        sql.execute(
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

    /** Removes the workflows that have no schedules and no unfinished ticks; the history of their ticks stays. */
    public void forgetWorkflows() {
        sql.execute("DELETE FROM cairn_workflow WHERE id NOT IN (SELECT workflow FROM cairn_schedule)"
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

    public List<ScheduleEntry> schedules() {
        return sql.select("SELECT * FROM cairn_schedule ORDER BY workflow, place")
                .map(SCHEDULE)
                .list();
    }

    public long countSchedules() {
        return sql.select("SELECT COUNT(*) FROM cairn_schedule")
                .mapTo(Long.class)
                .one();
    }

    public List<ScheduleEntry> schedulesOf(String workflow) {
        return sql.select("SELECT * FROM cairn_schedule WHERE workflow = ? ORDER BY place", workflow)
                .map(SCHEDULE)
                .list();
    }

    public Optional<ScheduleEntry> schedule(String id) {
        return sql.select("SELECT * FROM cairn_schedule WHERE id = ?", id)
                .map(SCHEDULE)
                .findFirst();
    }

    public void put(ScheduleEntry schedule) {
        sql.execute("DELETE FROM cairn_schedule WHERE id = ?", schedule.id());
        sql.execute(
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

    /** Updates only the time up to which it is decided. */
    public void advance(ScheduleEntry schedule) {
        sql.execute("UPDATE cairn_schedule SET decided_ms = ? WHERE id = ?", schedule.decided(), schedule.id());
    }

    public void removeSchedule(String id) {
        sql.execute("DELETE FROM cairn_schedule WHERE id = ?", id);
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
                time(row, "decided_ms"));
    }

    // ---- ticks

    public Optional<Tick> tick(String key) {
        return sql.select("SELECT * FROM cairn_tick WHERE run_key = ?", key)
                .map(TICK)
                .findFirst();
    }

    /** The ticks of a workflow that have not ended. */
    public List<Tick> unendedOf(String workflow) {
        return sql.select(
                        "SELECT * FROM cairn_tick WHERE workflow = ? AND state IN " + UNENDED + " ORDER BY time_ms",
                        workflow)
                .map(TICK)
                .list();
    }

    /** All ticks that have not ended. */
    public List<Tick> unended() {
        return sql.select("SELECT * FROM cairn_tick WHERE state IN " + UNENDED + " ORDER BY time_ms")
                .map(TICK)
                .list();
    }

    /** The newest tick of a workflow in this state with exactly this reason. */
    public Optional<Tick> newestTick(String workflow, TickState state, String detail) {
        return sql.select(
                        "SELECT * FROM cairn_tick WHERE workflow = ? AND state = ? AND detail = ?"
                                + " ORDER BY time_ms DESC LIMIT 1",
                        workflow,
                        state.wire(),
                        detail)
                .map(TICK)
                .findFirst();
    }

    /** The waiting ticks whose jitter has passed. */
    public List<Tick> waitedLongEnough(Instant now) {
        return sql.select(
                        "SELECT * FROM cairn_tick WHERE state = 'waiting' AND due_ms <= ? ORDER BY due_ms, time_ms",
                        now)
                .map(TICK)
                .list();
    }

    /** The newest ticks of a schedule, newest first. */
    public List<Tick> newestOf(String schedule, int atMost) {
        return sql.select("SELECT * FROM cairn_tick WHERE schedule = ? ORDER BY time_ms DESC LIMIT ?", schedule, atMost)
                .map(TICK)
                .list();
    }

    /** The newest tick of each schedule. */
    public List<Tick> newest() {
        return sql.select("SELECT t.* FROM cairn_tick t JOIN (SELECT schedule, MAX(time_ms) AS newest FROM cairn_tick"
                        + " GROUP BY schedule) n ON t.schedule = n.schedule AND t.time_ms = n.newest")
                .map(TICK)
                .list();
    }

    /** The number of ticks in each state. */
    public List<StateCount> countByState() {
        return sql.select("SELECT state, COUNT(*) AS n FROM cairn_tick GROUP BY state ORDER BY state")
                .map((row, context) -> new StateCount(TickState.fromWire(row.getString("state")), row.getLong("n")))
                .list();
    }

    /** @param count of ticks */
    public record StateCount(TickState state, long count) {}

    /** @return false if a tick with its key exists already, which stays unchanged */
    public boolean add(Tick tick) {
        return sql.execute(
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
    public boolean canBackfill(Tick tick) {
        return tick(tick.key())
                .map(known -> known.state() == TickState.MISSED || known.state() == TickState.SKIPPED)
                .orElse(true);
    }

    /**
     * Adds a tick, or reopens one that was missed or skipped.
     *
     * @return false if a run was started for its time; the tick then stays unchanged
     */
    public boolean backfill(Tick tick) {
        if (!canBackfill(tick)) {
            return false;
        }
        sql.execute("DELETE FROM cairn_tick WHERE run_key = ?", tick.key());
        return add(tick);
    }

    /** How many ticks of a batch were released. */
    public long underWay(String batch) {
        return sql.select(
                        "SELECT COUNT(*) FROM cairn_tick WHERE batch = ? AND state NOT IN ('waiting', 'held') AND state IN "
                                + UNENDED,
                        batch)
                .mapTo(Long.class)
                .one();
    }

    public void update(Collection<Tick> ticks) {
        for (Tick tick : ticks) {
            sql.execute(
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
                time(row, "time_ms"),
                constant(Tick.Kind.class, row.getString("kind")),
                TickState.fromWire(row.getString("state")),
                time(row, "due_ms"),
                time(row, "decided_ms"),
                optionalTime(row, "started_ms"),
                optionalTime(row, "ended_ms"),
                GivenInputs.parse(row.getString("inputs")),
                row.getString("detail"),
                row.getString("daemon"),
                row.getString("run_id"),
                row.getString("batch"));
    }

    // ---- daemons

    /** @param beat a number that changes while the daemon lives */
    public record DaemonRow(String id, Instant since, long beat) {}

    public List<DaemonRow> daemons() {
        return sql.select("SELECT * FROM cairn_daemon ORDER BY id")
                .map((row, context) -> new DaemonRow(row.getString("id"), time(row, "since_ms"), row.getLong("beat")))
                .list();
    }

    public void enter(String daemon, Instant since) {
        leave(daemon);
        sql.execute("INSERT INTO cairn_daemon (id, since_ms, beat) VALUES (?, ?, 0)", daemon, since);
    }

    /** @return false if another daemon has declared it dead */
    public boolean beat(String daemon) {
        return sql.execute("UPDATE cairn_daemon SET beat = beat + 1 WHERE id = ?", daemon) == 1;
    }

    public void leave(String daemon) {
        sql.execute("DELETE FROM cairn_daemon WHERE id = ?", daemon);
    }

    /**
     * Gives the runs of dead daemons to this one.
     *
     * @return whether there were any
     */
    public boolean takeOver(String daemon) {
        return sql.execute(
                        "UPDATE cairn_tick SET daemon = ? WHERE daemon <> ? AND state IN ('running', 'parking', 'cancelling')"
                                + " AND daemon NOT IN (SELECT id FROM cairn_daemon)",
                        daemon,
                        daemon)
                > 0;
    }

    private static Instant time(ResultSet row, String column) throws SQLException {
        return Instant.ofEpochMilli(row.getLong(column));
    }

    private static Optional<Instant> optionalTime(ResultSet row, String column) throws SQLException {
        long millis = row.getLong(column);
        return row.wasNull() ? Optional.empty() : Optional.of(Instant.ofEpochMilli(millis));
    }

    private static String wire(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT);
    }

    private static <E extends Enum<E>> E constant(Class<E> type, String text) {
        return Enum.valueOf(type, text.toUpperCase(Locale.ROOT));
    }
}
