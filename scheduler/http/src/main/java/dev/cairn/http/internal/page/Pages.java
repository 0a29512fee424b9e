package dev.cairn.http.internal.page;

import dev.cairn.daemon.Runners;
import dev.cairn.daemon.Schedules;
import dev.cairn.http.access.Role;
import dev.cairn.http.access.Tokens;
import dev.cairn.http.internal.runs.ActiveRuns;
import dev.cairn.http.internal.runs.RunControl;
import dev.cairn.http.internal.runs.ServedRuns;
import dev.cairn.http.internal.server.HttpError;
import dev.cairn.http.internal.server.Request;
import dev.cairn.http.internal.server.Response;
import dev.cairn.http.internal.server.Route;
import dev.cairn.run.ResumeOptions;
import dev.cairn.run.control.CommandResult;
import dev.cairn.run.control.RunCommand;
import dev.cairn.run.home.RunStore;
import dev.cairn.run.manifest.RunManifest;
import dev.cairn.run.manifest.StepManifest;
import dev.cairn.run.view.RunTimeline;
import dev.cairn.run.view.RunTotals;
import dev.cairn.schedule.ScheduleEntry;
import dev.cairn.schedule.Tick;
import dev.cairn.schedule.store.Tables;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** The pages: runs, one run, schedules. What they do goes the same ways as the API. Thread-safe. */
public final class Pages {
    private static final int SHOWN = 200;

    private final ServedRuns runs;
    private final RunControl control;
    private final Optional<Schedules> schedules;
    private final Tokens tokens;
    private final Clock clock;

    public Pages(
            ServedRuns runs,
            ActiveRuns active,
            Runners runners,
            Optional<Schedules> schedules,
            Tokens tokens,
            Clock clock) {
        this.runs = runs;
        this.control = new RunControl(active, runners);
        this.schedules = schedules;
        this.tokens = tokens;
        this.clock = clock;
    }

    public List<Route> routes() {
        return List.of(
                Route.get("/", "", request -> seeOther("/runs")),
                Route.get("/login", "", request -> page("login", Map.of("wrong", false)))
                        .open(),
                Route.post("/login", "", this::login).open(),
                Route.get("/runs", "", this::list),
                Route.get("/runs/{run}", "", this::show),
                Route.post("/runs/{run}/{action}", "", this::act),
                Route.get("/schedules", "", this::schedules),
                asset("cairn.css", "text/css; charset=utf-8"),
                asset("cairn.js", "text/javascript; charset=utf-8"));
    }

    private static Route asset(String name, String type) {
        return Route.get("/static/" + name, "", request -> Response.text(200, type, Templates.resource(name)))
                .open();
    }

    private static Response.Whole page(String template, Map<String, Object> values) {
        return Response.text(200, Response.HTML, Templates.html(template, values));
    }

    private static Response seeOther(String path) {
        return Response.empty(303).with("Location", path);
    }

    private Response login(Request request) {
        Optional<Role> role = tokens.roleOf(request.form("token").orElse("").strip());
        return role.isEmpty()
                ? page("login", Map.of("wrong", true))
                : Response.empty(303)
                        .with("Location", "/runs")
                        .with(
                                "Set-Cookie",
                                "cairn_session=" + tokens.session(role.get())
                                        + "; Path=/; HttpOnly; SameSite=Strict; Max-Age=" + Tokens.SESSION.toSeconds());
    }

    private Response list(Request request) throws IOException {
        String state = request.query("state").orElse("");
        String name = request.query("name").orElse("");
        List<RunManifest> found = runs.list().runs().stream()
                .map(ServedRuns.Found::run)
                .filter(run -> state.isEmpty() || run.state().wire().equals(state))
                .filter(run -> run.id().contains(name)
                        || run.origin().name().contains(name)
                        || run.origin().key().orElse("").contains(name))
                .limit(SHOWN)
                .toList();
        return page("runs", Map.of("runs", found, "state", state, "name", name));
    }

    private Response show(Request request) throws IOException {
        RunManifest run = runs.find(request.path("run")).run();
        List<StepManifest> steps = RunStore.steps(run);
        Map<String, Object> values = new HashMap<>();
        values.put("run", run);
        values.put("steps", steps);
        values.put("lanes", Swimlanes.of(run, steps, RunTimeline.of(run), clock.instant()));
        values.put("totals", RunTotals.of(run, steps));
        values.put("saved", WorkSaved.of(steps));
        values.put("formKey", tokens.formKey(request.credential()));
        values.put(
                "writes", request.role().filter(role -> role.allows(Role.WRITE)).isPresent());
        return page("run", values);
    }

    private Response act(Request request) throws Exception {
        ServedRuns.Found found = runs.find(request.path("run"));
        String action = request.path("action").toLowerCase(Locale.ROOT);
        switch (action) {
            case "checkpoint" -> check(control.ask(found, new RunCommand.Checkpoint(Optional.empty(), false)));
            case "pause" -> check(control.ask(found, new RunCommand.Pause()));
            case "cancel" -> check(control.ask(found, new RunCommand.Cancel()));
            case "resume" -> control.resume(found, ResumeOptions.NONE, false);
            case "unpause" -> {
                RunControl.checkPaused(found.run());
                control.resume(found, ResumeOptions.NONE, true);
            }
            default -> throw new HttpError(404, "there is nothing at this path");
        }
        return seeOther("/runs/" + URLEncoder.encode(found.run().id(), StandardCharsets.UTF_8));
    }

    private static void check(CommandResult answer) throws HttpError {
        for (CommandResult.Line line : answer.lines()) {
            if (!line.ok()) {
                throw new HttpError(409, line.step() + ": " + line.failure());
            }
        }
    }

    private Response schedules(Request request) throws IOException {
        Map<String, Tick> last = new HashMap<>();
        List<ScheduleEntry> entries = List.of();
        if (schedules.isPresent()) {
            entries = schedules.get().database().read(Tables::schedules);
            schedules.get().database().read(Tables::newest).forEach(tick -> last.put(tick.schedule(), tick));
        }
        return page("schedules", Map.of("entries", entries, "last", last));
    }
}
