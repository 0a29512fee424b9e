package dev.cairn.http.internal.page;

import dev.cairn.daemon.Schedules;
import dev.cairn.http.internal.server.HttpError;
import dev.cairn.http.internal.server.Request;
import dev.cairn.run.failure.RequestException;
import dev.cairn.schedule.ScheduleEntry;
import dev.cairn.schedule.Tick;
import dev.cairn.schedule.store.Tables;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The schedules with their newest ticks, and what can be done with them. Thread-safe. */
public final class SchedulePage {
    private static final int TICKS = 40;

    private final Optional<Schedules> schedules;

    SchedulePage(Optional<Schedules> schedules) {
        this.schedules = schedules;
    }

    /**
     * A schedule.
     *
     * @param next empty when it is over
     * @param ticks oldest first
     */
    public record Line(ScheduleEntry entry, String next, List<Tick> ticks) {}

    Map<String, Object> values() throws IOException {
        List<Line> lines = new ArrayList<>();
        if (schedules.isPresent()) {
            for (ScheduleEntry entry : schedules.get().database().read(Tables::schedules)) {
                List<Tick> ticks =
                        new ArrayList<>(schedules.get().database().read(tables -> tables.newestOf(entry.id(), TICKS)));
                Collections.reverse(ticks);
                lines.add(new Line(entry, entry.next().map(Object::toString).orElse(""), ticks));
            }
        }
        Map<String, Object> values = new HashMap<>();
        values.put("lines", lines);
        values.put("served", schedules.isPresent());
        return values;
    }

    /** What a tick is, for a person. */
    public static String title(Tick tick) {
        String late = tick.started()
                .map(started -> Duration.between(tick.due(), started).toSeconds())
                .filter(seconds -> seconds > 0)
                .map(seconds -> ", started " + seconds + " s late")
                .orElse("");
        return tick.time() + ": " + tick.state().wire() + late;
    }

    void act(Request request) throws IOException, HttpError {
        String name = request.path("schedule");
        switch (request.path("action")) {
            case "pause" -> known().pause(name, false);
            case "unpause" -> known().unpause(name);
            case "trigger" -> known().trigger(name, Optional.empty(), Map.of());
            default -> throw new HttpError(404, "there is nothing at this path");
        }
    }

    /** @param preview nothing starts */
    Map<String, Object> backfill(Request request, boolean preview) throws IOException, HttpError {
        String from = request.form("from").orElse("");
        String to = request.form("to").orElse("");
        Schedules.Backfill backfill =
                known().backfill(request.path("schedule"), new Schedules.Range(from, to, 1), Map.of(), preview);
        Map<String, Object> values = new HashMap<>();
        values.put("schedule", request.path("schedule"));
        values.put("from", from);
        values.put("to", to);
        values.put("keys", backfill.ticks().stream().map(Tick::key).toList());
        values.put("leftAlone", backfill.leftAlone());
        return values;
    }

    private Schedules known() throws RequestException {
        return schedules.orElseThrow(() ->
                new RequestException(RequestException.Kind.UNKNOWN, "this server has no schedules; a daemon has"));
    }
}
