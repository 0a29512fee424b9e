package dev.cairn.http.internal.api;

import dev.cairn.daemon.Schedules;
import dev.cairn.http.internal.server.HttpError;
import dev.cairn.http.internal.server.Request;
import dev.cairn.http.internal.server.Response;
import dev.cairn.http.internal.server.Route;
import dev.cairn.run.failure.RequestException;
import dev.cairn.run.view.JsonObject;
import dev.cairn.schedule.ScheduleEntry;
import dev.cairn.schedule.ScheduleJson;
import dev.cairn.schedule.ScheduledWorkflow;
import dev.cairn.schedule.Tick;
import dev.cairn.schedule.store.Tables;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.node.ObjectNode;

/** Workflows, their schedules and ticks. */
final class ScheduleRoutes {
    private static final int MOST_TICKS = 1000;

    private final Schedules schedules;
    private final Idempotency idempotency;

    ScheduleRoutes(Schedules schedules, Idempotency idempotency) {
        this.schedules = schedules;
        this.idempotency = idempotency;
    }

    List<Route> routes() {
        return List.of(
                Route.get("/api/v1/workflows", "Lists the workflows that have schedules", this::workflows),
                Route.get("/api/v1/schedules", "Lists the schedules with their last ticks", this::list),
                Route.get("/api/v1/schedules/{schedule}", "Shows the schedules of a name", this::show),
                Route.get(
                                "/api/v1/schedules/{schedule}/ticks",
                                "The newest ticks of a schedule, newest first",
                                this::ticks)
                        .with("limit", "integer", "at most so many; 20, at most 1000"),
                Route.post("/api/v1/schedules/{schedule}/pause", "Pauses schedules", this::pause)
                        .taking("drain", "boolean", "queued ticks still run"),
                Route.post("/api/v1/schedules/{schedule}/unpause", "Unpauses schedules", this::unpause),
                Route.post(
                                "/api/v1/schedules/{schedule}/trigger",
                                "Has a run started now",
                                idempotency.once(this::trigger))
                        .taking("time", "string", "its nominal time; now if absent")
                        .taking("inputs", "object", "values for the workflow's inputs"),
                Route.post(
                                "/api/v1/schedules/{schedule}/backfill",
                                "Has a run started for each time of a range that has none",
                                idempotency.once(this::backfill))
                        .taking("from", "string", "the first time")
                        .taking("to", "string", "the last; a date includes that day")
                        .taking("parallel", "integer", "how many runs at a time; 1")
                        .taking("dry_run", "boolean", "only says which")
                        .taking("inputs", "object", "values for the workflow's inputs"),
                Route.post("/api/v1/ticks/{key}/cancel", "Cancels a tick that has no run yet", this::cancel));
    }

    private Response workflows(Request request) throws IOException {
        return Response.json(new JsonObject()
                .put(
                        "workflows",
                        schedules.database().read(Tables::workflows).stream()
                                .map(ScheduleJson::of)
                                .toList()));
    }

    private Response list(Request request) throws IOException {
        Map<String, Tick> last = new HashMap<>();
        schedules.database().read(Tables::newest).forEach(tick -> last.put(tick.schedule(), tick));
        return Response.json(new JsonObject()
                .put(
                        "schedules",
                        schedules.database().read(Tables::schedules).stream()
                                .map(entry -> ScheduleJson.of(entry)
                                        .put(
                                                "last",
                                                Optional.ofNullable(last.get(entry.id()))
                                                        .map(tick -> ScheduleJson.of(tick)
                                                                .fields())))
                                .toList()));
    }

    private Response show(Request request) throws IOException {
        List<ScheduleEntry> entries = schedules.find(request.path("schedule"));
        ScheduledWorkflow workflow = schedules
                .database()
                .read(tables -> tables.workflow(entries.get(0).workflow()).orElseThrow());
        return Response.json(ScheduleJson.of(workflow)
                .put("schedules", entries.stream().map(ScheduleJson::of).toList()));
    }

    private Response ticks(Request request) throws IOException, HttpError {
        int limit = (int) request.number("limit", 20, MOST_TICKS);
        List<Tick> ticks = new ArrayList<>();
        for (ScheduleEntry entry : schedules.find(request.path("schedule"))) {
            ticks.addAll(schedules.database().read(tables -> tables.newestOf(entry.id(), limit)));
        }
        return Response.json(new JsonObject()
                .put("ticks", ticks.stream().map(ScheduleJson::of).toList()));
    }

    private Response pause(Request request) throws IOException, HttpError {
        Schedules.Paused paused = schedules.pause(
                request.path("schedule"), request.json().path("drain").asBoolean(false));
        return Response.json(new JsonObject()
                .put(
                        "paused",
                        paused.schedules().stream().map(ScheduleEntry::id).toList())
                .put("held", paused.held()));
    }

    private Response unpause(Request request) throws IOException {
        return Response.json(new JsonObject()
                .put(
                        "unpaused",
                        schedules.unpause(request.path("schedule")).stream()
                                .map(ScheduleEntry::id)
                                .toList()));
    }

    private Response trigger(Request request) throws IOException, HttpError {
        ObjectNode body = request.json();
        Tick tick = schedules.trigger(
                request.path("schedule"), ControlRoutes.text(body, "time"), ControlRoutes.texts(body, "inputs"));
        return Response.json(201, ScheduleJson.of(tick));
    }

    private Response backfill(Request request) throws IOException, HttpError {
        ObjectNode body = request.json();
        Schedules.Backfill backfill = schedules.backfill(
                request.path("schedule"),
                new Schedules.Range(
                        body.path("from").asString(""),
                        body.path("to").asString(""),
                        body.path("parallel").asInt(1)),
                ControlRoutes.texts(body, "inputs"),
                body.path("dry_run").asBoolean(false));
        return Response.json(new JsonObject()
                .put("keys", backfill.ticks().stream().map(Tick::key).toList())
                .put("left_alone", backfill.leftAlone()));
    }

    private Response cancel(Request request) throws IOException {
        String key = request.path("key");
        if (!schedules.cancel(key)) {
            throw new RequestException(
                    RequestException.Kind.UNKNOWN,
                    "no tick '" + key + "' is in the queue; its run is cancelled by itself");
        }
        return Response.json(new JsonObject().put("cancelled", key));
    }
}
