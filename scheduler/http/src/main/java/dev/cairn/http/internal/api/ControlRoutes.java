package dev.cairn.http.internal.api;

import dev.cairn.approval.Approval;
import dev.cairn.approval.Approvals;
import dev.cairn.daemon.Runners;
import dev.cairn.engine.EngineException;
import dev.cairn.http.internal.runs.ActiveRuns;
import dev.cairn.http.internal.runs.RunControl;
import dev.cairn.http.internal.runs.ServedRuns;
import dev.cairn.http.internal.server.HttpError;
import dev.cairn.http.internal.server.Request;
import dev.cairn.http.internal.server.Response;
import dev.cairn.http.internal.server.Route;
import dev.cairn.run.ResumeOptions;
import dev.cairn.run.WorkflowRequest;
import dev.cairn.run.control.CommandResult;
import dev.cairn.run.control.RunCommand;
import dev.cairn.run.failure.RunnerFailedException;
import dev.cairn.run.home.CairnHome;
import dev.cairn.run.home.RunStore;
import dev.cairn.run.manifest.ImageRecord;
import dev.cairn.run.manifest.RunFolder;
import dev.cairn.run.manifest.RunManifest;
import dev.cairn.run.manifest.StepManifest;
import dev.cairn.run.view.JsonObject;
import dev.cairn.run.view.RunJson;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** Starts, resumes and controls runs. */
final class ControlRoutes {
    private final ServedRuns runs;
    private final ActiveRuns active;
    private final RunControl control;
    private final Idempotency idempotency;
    private final Clock clock;

    ControlRoutes(ServedRuns runs, ActiveRuns active, Runners runners, Idempotency idempotency, Clock clock) {
        this.runs = runs;
        this.active = active;
        this.control = new RunControl(active, runners);
        this.idempotency = idempotency;
        this.clock = clock;
    }

    List<Route> routes() {
        return List.of(
                Route.post(
                                "/api/v1/runs",
                                "Starts a run of a workflow file, or resumes it as `cairn run` does",
                                idempotency.once(this::start))
                        .taking("file", "string", "the workflow file, absolute")
                        .taking("inputs", "object", "values for the workflow's inputs")
                        .taking("key", "string", "names the run")
                        .taking("new", "boolean", "starts a new run even if there is one to resume")
                        .taking("home", "string", "the folder for the run; by default as `cairn run` finds it"),
                Route.post(
                                "/api/v1/runs/{run}/resume",
                                "Resumes a run that was stopped or has failed",
                                idempotency.once(this::resume))
                        .taking("at", "object", "step to the only image from which it may resume")
                        .taking("restart", "array", "steps that start from their beginning")
                        .taking("from", "array", "steps that run again with all that depend on them")
                        .taking("accept_changed", "boolean", "resumes from images although a step has changed")
                        .taking("as_submitted", "boolean", "keeps the workflow's text that the run has"),
                Route.post(
                        "/api/v1/runs/{run}/steps/{step}/restart",
                        "Restarts a step from its beginning",
                        idempotency.once(this::restart)),
                Route.post(
                                "/api/v1/runs/{run}/steps/{step}/approve",
                                "Approves a step that waits for approval, or rejects it",
                                idempotency.once(this::approve))
                        .taking("reject", "boolean", "the step fails")
                        .taking("message", "string", "why; kept with the run")
                        .taking("by", "string", "who decides; the user of this server if absent"),
                Route.post("/api/v1/runs/{run}/checkpoint", "Takes an image of each running step now", this::checkpoint)
                        .taking("step", "string", "only of this step")
                        .taking("stop", "boolean", "then stops the steps; `resume` continues them"),
                Route.post(
                        "/api/v1/runs/{run}/pause",
                        "Checkpoints and stops each running step",
                        request -> steer(request, new RunCommand.Pause())),
                Route.post("/api/v1/runs/{run}/unpause", "Resumes a paused run", this::unpause),
                Route.post(
                        "/api/v1/runs/{run}/cancel",
                        "Cancels a run",
                        request -> steer(request, new RunCommand.Cancel())));
    }

    private ServedRuns.Found found(Request request) throws IOException {
        return runs.find(request.path("run"));
    }

    private Response start(Request request) throws IOException, HttpError, InterruptedException {
        ObjectNode body = request.json();
        Path file = absolute(body, "file").orElseThrow(() -> new HttpError(422, "file: the workflow file is missing"));
        Path home = absolute(body, "home").orElse(null);
        if (home == null) {
            home = homeOf(file);
        }
        WorkflowRequest wanted = new WorkflowRequest(
                file,
                texts(body, "inputs"),
                text(body, "key"),
                body.path("new").asBoolean(false),
                ResumeOptions.NONE,
                Optional.empty());
        Path created = CairnHome.at(home).created().path();
        RunFolder run = active.begin(created, runner -> runner.run(wanted));
        return Response.json(201, RunJson.whole(RunManifest.read(run))).with("Location", "/api/v1/runs/" + run.runId());
    }

    /** Finds the home as the command line does, from the file's folder. */
    private static Path homeOf(Path file) throws IOException {
        Path folder = Optional.ofNullable(file.getParent()).orElse(file);
        return CairnHome.find(folder, System.getenv(), skipped -> {})
                .map(CairnHome::path)
                .orElse(folder.resolve(CairnHome.FOLDER));
    }

    private static Optional<Path> absolute(ObjectNode body, String name) throws HttpError {
        Optional<String> given = text(body, name);
        if (given.isPresent() && !given.get().startsWith("/")) {
            throw new HttpError(422, name + ": has to be an absolute path");
        }
        return given.map(Path::of);
    }

    static Optional<String> text(ObjectNode body, String name) {
        JsonNode value = body.path(name);
        return value.isString() && !value.stringValue().isEmpty() ? Optional.of(value.stringValue()) : Optional.empty();
    }

    /** Values in the form in which people type them: text unchanged, anything else as JSON. */
    static Map<String, String> texts(ObjectNode body, String name) {
        Map<String, String> texts = new LinkedHashMap<>();
        body.path(name)
                .forEachEntry(
                        (key, value) -> texts.put(key, value.isString() ? value.stringValue() : value.toString()));
        return texts;
    }

    private Response resume(Request request) throws IOException, HttpError, InterruptedException {
        ObjectNode body = request.json();
        ServedRuns.Found found = found(request);
        Map<String, Long> at = new LinkedHashMap<>();
        for (Map.Entry<String, JsonNode> image : body.path("at").properties()) {
            at.put(
                    RunStore.stepId(found.run(), image.getKey()),
                    image.getValue().asLong(-1));
        }
        Set<String> from = new LinkedHashSet<>();
        body.path("from").forEach(step -> from.add(step.asString("")));
        ResumeOptions options = new ResumeOptions(
                        body.path("accept_changed").asBoolean(false), false, at, ids(found.run(), body.path("restart")))
                .from(from);
        boolean asSubmitted = body.path("as_submitted").asBoolean(false);
        return resumed(found, asSubmitted ? options.with(ResumeOptions.Edits.AS_SUBMITTED) : options, false);
    }

    private static Set<String> ids(RunManifest run, JsonNode named) throws IOException {
        Set<String> ids = new LinkedHashSet<>();
        for (JsonNode step : named) {
            ids.add(RunStore.stepId(run, step.asString("")));
        }
        return ids;
    }

    private Response restart(Request request) throws IOException, InterruptedException {
        ServedRuns.Found found = found(request);
        String step = RunStore.stepId(found.run(), request.path("step"));
        return resumed(found, new ResumeOptions(false, false, Map.of(), Set.of(step)), false);
    }

    private Response approve(Request request) throws IOException, HttpError {
        ObjectNode body = request.json();
        RunManifest run = found(request).run();
        Approval.Decision decision = new Approval.Decision(
                !body.path("reject").asBoolean(false),
                text(body, "by").orElse(System.getProperty("user.name")),
                clock.instant(),
                text(body, "message").orElse("").strip());
        String step = Approvals.decide(run, Optional.of(request.path("step")), decision);
        return Response.json(about(run)
                .put("step", step)
                .put("approved", decision.approved())
                .put("by", decision.by())
                .put("decided_at", decision.at().toString())
                .put("message", decision.comment()));
    }

    private Response unpause(Request request) throws IOException, InterruptedException {
        ServedRuns.Found found = found(request);
        RunControl.checkPaused(found.run());
        return resumed(found, ResumeOptions.NONE, true);
    }

    private Response resumed(ServedRuns.Found found, ResumeOptions options, boolean evenPaused)
            throws IOException, InterruptedException {
        RunFolder run = control.resume(found, options, evenPaused);
        return Response.json(202, RunJson.whole(RunManifest.read(run)));
    }

    private Response checkpoint(Request request)
            throws IOException, HttpError, InterruptedException, RunnerFailedException, EngineException {
        ObjectNode body = request.json();
        ServedRuns.Found found = found(request);
        Optional<String> step = text(body, "step");
        if (step.isPresent()) {
            step = Optional.of(RunStore.stepId(found.run(), step.get()));
        }
        CommandResult answer = control.ask(
                found, new RunCommand.Checkpoint(step, body.path("stop").asBoolean(false)));
        List<JsonObject> images = new ArrayList<>();
        for (CommandResult.Line line : answer.lines()) {
            if (line.ok()) {
                StepManifest.read(found.run().folder().step(line.step()))
                        .flatMap(taken -> newest(taken, line).map(image -> RunJson.imageOf(taken, image)))
                        .ifPresent(images::add);
            }
        }
        return Response.json(new JsonObject().put("images", images).put("failed", failed(answer)));
    }

    private static Optional<ImageRecord> newest(StepManifest step, CommandResult.Line line) {
        return step.images().stream()
                .filter(image -> line.image().isEmpty()
                        || image.sequence() == line.image().getAsLong())
                .reduce((earlier, later) -> later);
    }

    private static List<JsonObject> failed(CommandResult answer) {
        return answer.lines().stream()
                .filter(line -> !line.ok())
                .map(line -> new JsonObject().put("step", line.step()).put("message", line.failure()))
                .toList();
    }

    private Response steer(Request request, RunCommand command)
            throws IOException, InterruptedException, RunnerFailedException, EngineException {
        ServedRuns.Found found = found(request);
        CommandResult answer = control.ask(found, command);
        return Response.json(about(found.run()).put("failed", failed(answer)));
    }

    /** The present state of the run. */
    private static JsonObject about(RunManifest run) throws IOException {
        return new JsonObject().put("run", RunJson.run(RunManifest.read(run.folder()), RunStore.ownerOf(run.folder())));
    }
}
