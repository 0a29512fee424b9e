package dev.cairn.http.internal.api;

import dev.cairn.daemon.Runners;
import dev.cairn.daemon.Schedules;
import dev.cairn.http.internal.runs.ActiveRuns;
import dev.cairn.http.internal.runs.ServedRuns;
import dev.cairn.http.internal.server.Response;
import dev.cairn.http.internal.server.Route;
import dev.cairn.schedule.store.StateFolder;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The routes under {@code /api/v1}. */
public final class OwnApi {
    private final List<Route> routes = new ArrayList<>();

    /** @param schedules empty where there are none */
    public OwnApi(
            ServedRuns runs,
            ActiveRuns active,
            Runners runners,
            Optional<Schedules> schedules,
            StateFolder folder,
            String version,
            Clock clock) {
        Idempotency idempotency = new Idempotency(folder.path().resolve("http-requests"), clock);
        routes.addAll(new RunRoutes(runs).routes());
        routes.addAll(new ControlRoutes(runs, active, runners, idempotency, clock).routes());
        schedules.ifPresent(known -> routes.addAll(new ScheduleRoutes(known, idempotency).routes()));
        routes.add(Route.get(
                        "/api/v1/openapi.json",
                        "This description of the API",
                        request -> Response.json(OpenApi.of(routes, version)))
                .open());
    }

    public List<Route> routes() {
        return List.copyOf(routes);
    }
}
