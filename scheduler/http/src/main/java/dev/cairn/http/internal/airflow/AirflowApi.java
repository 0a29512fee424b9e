package dev.cairn.http.internal.airflow;

import dev.cairn.daemon.Runners;
import dev.cairn.daemon.Schedules;
import dev.cairn.http.access.Role;
import dev.cairn.http.access.Tokens;
import dev.cairn.http.internal.runs.ActiveRuns;
import dev.cairn.http.internal.runs.ServedRuns;
import dev.cairn.http.internal.server.HttpError;
import dev.cairn.http.internal.server.Request;
import dev.cairn.http.internal.server.Response;
import dev.cairn.http.internal.server.Route;
import dev.cairn.run.view.JsonObject;
import dev.cairn.schedule.store.StateFolder;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import tools.jackson.databind.node.ObjectNode;

/**
 * The part of Airflow 3's REST API that its official Python client and our own use. A workflow is a DAG, a step a task, an instance of a
 * matrix a map index, an attempt a try, an output an XCom.
 */
public final class AirflowApi {
    /** The version of Airflow's API that is spoken. */
    private static final String SPOKEN = "3.0.0";

    private final Tokens tokens;
    private final String version;
    private final Clock clock;
    private final List<Route> routes = new ArrayList<>();

    /** @param schedules empty where there are none */
    public AirflowApi(
            ServedRuns runs,
            ActiveRuns active,
            Runners runners,
            Optional<Schedules> schedules,
            Tokens tokens,
            StateFolder folder,
            String version,
            Clock clock) {
        this.tokens = tokens;
        this.version = version;
        this.clock = clock;
        Dags dags = new Dags(runs, schedules);
        DagRunJson json = new DagRunJson(new Notes(folder.path().resolve("http-notes")));
        routes.add(open("GET", "/api/v2/version", this::version));
        routes.add(open("GET", "/api/v2/monitor/health", this::health));
        routes.add(open("POST", "/auth/token", this::token));
        routes.add(open("POST", "/auth/token/cli", this::token));
        routes.addAll(new DagRoutes(dags).routes());
        routes.addAll(new DagRunRoutes(dags, active, runners, json).routes());
        routes.addAll(new TaskRoutes(dags, active, runners).routes());
    }

    public List<Route> routes() {
        return List.copyOf(routes);
    }

    private static Route open(String method, String path, Route.Handler handler) {
        return Route.act(method, path, "", handler).open();
    }

    private Response version(Request request) {
        return Response.json(
                new JsonObject().put("version", SPOKEN + "+cairn." + version).put("git_version", null));
    }

    private Response health(Request request) {
        JsonObject healthy = new JsonObject().put("status", "healthy");
        JsonObject absent = new JsonObject().put("status", null).put("latest_triggerer_heartbeat", null);
        return Response.json(new JsonObject()
                .put("metadatabase", healthy)
                .put(
                        "scheduler",
                        new JsonObject()
                                .put("status", "healthy")
                                .put(
                                        "latest_scheduler_heartbeat",
                                        clock.instant().toString()))
                .put("triggerer", absent)
                .put("dag_processor", null));
    }

    /** The password is a token of this daemon; the user name is not used. */
    private Response token(Request request) throws HttpError {
        ObjectNode body = request.json();
        Role role = tokens.roleOf(body.path("password").asString(""))
                .orElseThrow(() -> new HttpError(
                        401, "the password is not valid; it is the token that 'cairn daemon token' prints"));
        return Response.json(201, new JsonObject().put("access_token", tokens.session(role)));
    }
}
