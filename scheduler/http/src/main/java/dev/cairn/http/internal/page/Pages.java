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
import dev.cairn.http.internal.server.Problems;
import dev.cairn.http.internal.server.Request;
import dev.cairn.http.internal.server.Response;
import dev.cairn.http.internal.server.Route;
import dev.cairn.run.manifest.RunManifest;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The pages: runs, one run, schedules, this host. What they do goes the same ways as the API. Thread-safe. */
public final class Pages {
    private final ServedRuns runs;
    private final RunPage run;
    private final SchedulePage schedule;
    private final HostPage host;
    private final Tokens tokens;
    private final OneTimeCodes codes;

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
        this.run = new RunPage(runs, new RunControl(active, runners), clock);
        this.schedule = new SchedulePage(schedules);
        this.host = new HostPage(runs);
        this.tokens = tokens;
    }

    public List<Route> routes() {
        return List.of(
                Route.get("/", "", request -> seeOther("/runs")),
                Route.get("/login", "", this::loginPage).open(),
                Route.post("/login", "", this::login).open(),
                Route.get("/runs", "", explained(this::list)),
                Route.get("/runs/{run}", "", explained(this::show)),
                Route.post("/runs/{run}/{action}", "", explained(this::act)),
                Route.get("/schedules", "", explained(this::schedules)),
                Route.post("/schedules/{schedule}/backfill", "", explained(this::backfill)),
                Route.post("/schedules/{schedule}/{action}", "", explained(this::actOnSchedule)),
                Route.get("/host", "", explained(request -> page("host", Map.of("view", host.view())))),
                asset("cairn.css", "text/css; charset=utf-8"),
                asset("cairn.js", "text/javascript; charset=utf-8"));
    }

    /** With errors as pages. */
    private static Route.Handler explained(Route.Handler handler) {
        return request -> {
            try {
                return handler.handle(request);
            } catch (InterruptedException closing) {
                throw closing;
            } catch (Exception e) { // the root of what a page does; the router names bugs
                if (Problems.isBug(e)) {
                    throw e;
                }
                int status = Problems.status(e);
                return page(status, "error", Map.of("status", status, "detail", Problems.words(e)));
            }
        };
    }

    private static Route asset(String name, String type) {
        return Route.get("/static/" + name, "", request -> Response.text(200, type, Templates.resource(name)))
                .open();
    }

    private static Response.Whole page(String template, Map<String, Object> values) {
        return page(200, template, values);
    }

    private static Response.Whole page(int status, String template, Map<String, Object> values) {
        return Response.text(status, Response.HTML, Templates.html(template, values));
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

    private static boolean mayWrite(Request request) {
        return request.role().filter(role -> role.allows(Role.WRITE)).isPresent();
    }

    private Response show(Request request) throws IOException, HttpError {
        String key = tokens.formKey(request.credential());
        return page("run", Map.of("view", run.view(request, key, mayWrite(request))));
    }

    private Response act(Request request) throws Exception {
        String id = run.act(request).id();
        return seeOther("/runs/" + URLEncoder.encode(id, StandardCharsets.UTF_8));
    }

    private Response schedules(Request request) throws IOException {
        Map<String, Object> values = schedule.values();
        values.put("writes", mayWrite(request));
        values.put("formKey", tokens.formKey(request.credential()));
        return page("schedules", values);
    }

    private Response actOnSchedule(Request request) throws IOException, HttpError {
        schedule.act(request);
        return seeOther("/schedules");
    }

    private Response backfill(Request request) throws IOException, HttpError {
        boolean preview = request.form("preview").isPresent();
        Map<String, Object> values = schedule.backfill(request, preview);
        values.put("formKey", tokens.formKey(request.credential()));
        return preview ? page("backfill", values) : seeOther("/schedules");
    }
}
