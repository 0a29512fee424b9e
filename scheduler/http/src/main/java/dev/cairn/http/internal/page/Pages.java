package dev.cairn.http.internal.page;

import dev.cairn.daemon.Runners;
import dev.cairn.daemon.Schedules;
import dev.cairn.http.access.OneTimeCodes;
import dev.cairn.http.access.Role;
import dev.cairn.http.access.Tokens;
import dev.cairn.http.internal.api.Page;
import dev.cairn.http.internal.api.RunFilter;
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
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** The pages: runs, one run, schedules. What they do goes the same ways as the API. Thread-safe. */
public final class Pages {
    private final ServedRuns runs;
    private final RunControl control;
    private final Optional<Schedules> schedules;
    private final Tokens tokens;
    private final OneTimeCodes codes;
    private final Clock clock;

    public Pages(
            ServedRuns runs,
            ActiveRuns active,
            Runners runners,
            Optional<Schedules> schedules,
            Tokens tokens,
            OneTimeCodes codes,
            Clock clock) {
        this.codes = codes;
        this.runs = runs;
        this.control = new RunControl(active, runners);
        this.schedules = schedules;
        this.tokens = tokens;
        this.clock = clock;
    }

    public List<Route> routes() {
        return List.of(
                Route.get("/", "", request -> seeOther("/runs")),
                Route.get("/login", "", this::loginPage).open(),
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

    private static Response.Whole seeOther(String path) {
        return Response.empty(303).with("Location", path);
    }

    private Response loginPage(Request request) {
        Optional<String> code = request.query("code");
        return code.isPresent() && codes.take(code.get())
                ? loggedIn(Role.WRITE, request.encrypted())
                : page("login", Map.of("wrong", code.isPresent()));
    }

    private Response login(Request request) {
        Optional<Role> role = tokens.roleOf(request.form("token").orElse("").strip());
        return role.isEmpty() ? page("login", Map.of("wrong", true)) : loggedIn(role.get(), request.encrypted());
    }

    private Response loggedIn(Role role, boolean encrypted) {
        return seeOther("/runs")
                .with(
                        "Set-Cookie",
                        tokens.cookie() + "=" + tokens.session(role) + "; Path=/; HttpOnly; SameSite=Strict; Max-Age="
                                + Tokens.SESSION.toSeconds() + (encrypted ? "; Secure" : ""));
    }

    private Response list(Request request) throws IOException, HttpError {
        Page<ServedRuns.Seen> page = Page.of(runs, RunFilter.of(request), request);
        List<RunManifest> found = new ArrayList<>();
        for (ServedRuns.Seen seen : page.items()) {
            seen.found().map(ServedRuns.Found::run).ifPresent(found::add);
        }
        return page(
                "runs",
                Map.of(
                        "runs",
                        found,
                        "state",
                        request.query("state").orElse(""),
                        "name",
                        request.query("name").orElse(""),
                        "unreadable",
                        page.unreadable(),
                        "next",
                        page.next().orElse("")));
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
