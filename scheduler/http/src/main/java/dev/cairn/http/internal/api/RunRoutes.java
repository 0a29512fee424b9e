package dev.cairn.http.internal.api;

import dev.cairn.http.internal.runs.EventLines;
import dev.cairn.http.internal.runs.LogTail;
import dev.cairn.http.internal.runs.ServedRuns;
import dev.cairn.http.internal.server.EventStream;
import dev.cairn.http.internal.server.HttpError;
import dev.cairn.http.internal.server.Request;
import dev.cairn.http.internal.server.Response;
import dev.cairn.http.internal.server.Route;
import dev.cairn.run.failure.RequestException;
import dev.cairn.run.home.RunStore;
import dev.cairn.run.manifest.OwnerRecord;
import dev.cairn.run.manifest.RunManifest;
import dev.cairn.run.manifest.StepFolder;
import dev.cairn.run.manifest.StepManifest;
import dev.cairn.run.view.JsonObject;
import dev.cairn.run.view.RunJson;
import dev.cairn.run.view.RunTimeline;
import dev.cairn.run.view.RunTotals;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/** Reading runs. */
final class RunRoutes {
    private static final int EVENTS_AT_ONCE = 1000;

    private final ServedRuns runs;

    RunRoutes(ServedRuns runs) {
        this.runs = runs;
    }

    List<Route> routes() {
        return List.of(
                Route.get("/api/v1/runs", "Lists runs of all homes, newest first", this::list)
                        .with("state", "string", "only runs in this state; repeatable, or separated by commas")
                        .with("workflow", "string", "only runs of the workflow or command of this name")
                        .with("name", "string", "only runs whose key, name or id contains this text")
                        .with("since", "string", "only runs started at or after this time, ISO 8601")
                        .with("limit", "integer", "at most so many; 100, at most 1000")
                        .with("cursor", "string", "the `next` of the page before"),
                Route.get("/api/v1/runs/{run}", "Shows a run with its steps, attempts and images", this::show),
                Route.get("/api/v1/runs/{run}/steps", "Lists the steps of a run", this::steps),
                Route.get("/api/v1/runs/{run}/steps/{step}", "Shows one step", this::step),
                Route.get("/api/v1/runs/{run}/steps/{step}/attempts", "Lists the attempts of a step", part("attempts")),
                Route.get("/api/v1/runs/{run}/steps/{step}/images", "Lists the images of a step", part("images")),
                Route.get(
                                "/api/v1/runs/{run}/steps/{step}/logs",
                                "A part of a step's log as text, or as server-sent events",
                                this::logs)
                        .with("stream", "string", "`stdout`, the default, or `stderr`")
                        .with("offset", "integer", "the first byte; 0")
                        .with("tail", "integer", "instead: so many bytes before the end")
                        .with("limit", "integer", "at most so many bytes; 65536, at most 262144")
                        .with("follow", "boolean", "as server-sent events until the run ends"),
                Route.get(
                                "/api/v1/runs/{run}/events",
                                "The events of a run as JSON, or as server-sent events",
                                this::events)
                        .with("after", "integer", "only events behind this id; 0")
                        .with("follow", "boolean", "as server-sent events until the run ends"),
                Route.get("/api/v1/runs/{run}/report", "The timeline of a run and its totals", this::report));
    }

    private Response list(Request request) throws IOException, HttpError {
        Page<ServedRuns.Seen> page = Page.of(runs, RunFilter.of(request), request);
        List<JsonObject> listed = new ArrayList<>();
        for (ServedRuns.Seen seen : page.items()) {
            seen.found().map(this::json).ifPresent(listed::add);
        }
        return Response.json(
                new JsonObject().put("runs", listed).put("next", page.next()).put("unreadable", page.unreadable()));
    }

    private JsonObject json(ServedRuns.Found found) {
        return RunJson.run(found.run(), owner(found.run()))
                .put("home", found.home().path());
    }

    private static Optional<OwnerRecord> owner(RunManifest run) {
        try {
            return RunStore.ownerOf(run.folder());
        } catch (IOException unreadable) {
            return Optional.empty(); // the run itself reports it
        }
    }

    private Response show(Request request) throws IOException {
        return Response.json(RunJson.whole(run(request)));
    }

    private RunManifest run(Request request) throws IOException {
        return runs.find(request.path("run")).run();
    }

    private Response steps(Request request) throws IOException {
        return Response.json(new JsonObject()
                .put("steps", RunJson.whole(run(request)).fields().get("steps")));
    }

    private Response step(Request request) throws IOException {
        return Response.json(stepJson(request));
    }

    private JsonObject stepJson(Request request) throws IOException {
        RunManifest run = run(request);
        StepFolder folder = ServedRuns.step(run, request.path("step"));
        return StepManifest.read(folder)
                .map(step -> RunJson.step(run, step))
                .orElseThrow(() -> new RequestException(
                        RequestException.Kind.UNKNOWN,
                        "step " + run.label(folder.stepId()) + " of run " + run.id() + " has not started"));
    }

    private Route.Handler part(String name) {
        return request -> Response.json(
                new JsonObject().put(name, stepJson(request).fields().get(name)));
    }

    private Response logs(Request request) throws IOException, HttpError {
        RunManifest run = run(request);
        StepFolder step = ServedRuns.step(run, request.path("step"));
        boolean stderr = isStderr(request);
        if (isFollowed(request)) {
            long from = lastEvent(request, request.number("offset", 0, Long.MAX_VALUE));
            return new Response.Events(stream -> follow(stream, run, new LogTail(step, stderr, from)));
        }
        return new LogRange(step, stderr, !run.state().isFinal()).answer(request);
    }

    private static boolean isStderr(Request request) throws HttpError {
        String stream = request.query("stream").orElse("stdout");
        if (!stream.equals("stdout") && !stream.equals("stderr")) {
            throw new HttpError(400, "stream: stdout or stderr");
        }
        return stream.equals("stderr");
    }

    private static boolean isFollowed(Request request) {
        return request.truth("follow", false) || request.accepts("text/event-stream");
    }

    private static long lastEvent(Request request, long otherwise) {
        return request.header("Last-Event-ID")
                .filter(id -> id.matches("\\d{1,18}"))
                .map(Long::parseLong)
                .orElse(otherwise);
    }

    private static void follow(EventStream stream, RunManifest run, LogTail tail)
            throws IOException, InterruptedException {
        boolean running = true;
        do {
            // the state is read before the log, so that nothing written before the end is missed
            running = !RunManifest.read(run.folder()).state().isFinal();
            for (Optional<LogTail.News> news = tail.next(running); news.isPresent(); news = tail.next(running)) {
                stream.send(
                        news.get().cut() ? "cut" : "text",
                        Long.toString(news.get().next()),
                        new JsonObject()
                                .put("offset", news.get().from())
                                .put("text", news.get().text()));
            }
        } while (running && stream.pause());
        if (!running) {
            stream.send("end", "", new JsonObject());
        }
    }

    private Response events(Request request) throws IOException, HttpError {
        RunManifest run = run(request);
        long after = lastEvent(request, request.number("after", 0, Integer.MAX_VALUE));
        EventLines lines = new EventLines(run.folder());
        if (isFollowed(request)) {
            return new Response.Events(stream -> follow(stream, run, lines, after));
        }
        return Response.json(new JsonObject()
                .put(
                        "events",
                        lines.after(after, EVENTS_AT_ONCE).stream()
                                .map(EventLines.Numbered::json)
                                .toList()));
    }

    private static void follow(EventStream stream, RunManifest run, EventLines lines, long after)
            throws IOException, InterruptedException {
        long last = after;
        boolean running = true;
        do {
            running = !RunManifest.read(run.folder()).state().isFinal();
            for (EventLines.Numbered event : lines.after(last, Integer.MAX_VALUE)) {
                stream.send("event", Long.toString(event.id()), event.json());
                last = event.id();
            }
        } while (running && stream.pause());
        if (!running) {
            stream.send("end", Long.toString(last), new JsonObject());
        }
    }

    private Response report(Request request) throws IOException {
        RunManifest run = run(request);
        Function<RunTimeline.Entry, JsonObject> json = RunTimeline.Entry::json;
        return Response.json(new JsonObject()
                .put("run", RunJson.run(run, owner(run)))
                .put("timeline", RunTimeline.of(run).stream().map(json).toList())
                .put("totals", RunTotals.of(run, RunStore.steps(run)).json()));
    }
}
