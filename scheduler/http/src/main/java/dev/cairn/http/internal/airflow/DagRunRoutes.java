package dev.cairn.http.internal.airflow;

import dev.cairn.daemon.Runners;
import dev.cairn.files.TreeRemoval;
import dev.cairn.http.internal.runs.ActiveRuns;
import dev.cairn.http.internal.runs.RunControl;
import dev.cairn.http.internal.runs.ServedRuns;
import dev.cairn.http.internal.server.HttpError;
import dev.cairn.http.internal.server.Request;
import dev.cairn.http.internal.server.Response;
import dev.cairn.http.internal.server.Route;
import dev.cairn.run.ResumeOptions;
import dev.cairn.run.WorkflowRequest;
import dev.cairn.run.control.RunCommand;
import dev.cairn.run.home.CairnHome;
import dev.cairn.run.home.RunStore;
import dev.cairn.run.manifest.RunFolder;
import dev.cairn.run.manifest.RunManifest;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import tools.jackson.databind.node.ObjectNode;

/** Triggers, lists, shows, ends, clears and deletes DAG runs. */
final class DagRunRoutes {
    private static final int LONGEST_ID = 250;
    private static final Set<String> KNOWN = Set.of(
            "dag_run_id",
            "logical_date",
            "run_after",
            "data_interval_start",
            "data_interval_end",
            "conf",
            "note",
            "partition_key");

    private final Dags dags;
    private final ActiveRuns active;
    private final RunControl control;
    private final DagRunJson json;

    DagRunRoutes(Dags dags, ActiveRuns active, Runners runners, DagRunJson json) {
        this.dags = dags;
        this.active = active;
        this.control = new RunControl(active, runners);
        this.json = json;
    }

    List<Route> routes() {
        String run = "/api/v2/dags/{dag}/dagRuns/{run}";
        return List.of(
                Route.get("/api/v2/dags/{dag}/dagRuns", "", this::list),
                Route.post("/api/v2/dags/{dag}/dagRuns", "", this::trigger),
                Route.get(
                        run, "", request -> Response.json(json.of(found(request).run()))),
                Route.act("PATCH", run, "", this::patch),
                Route.act("DELETE", run, "", this::delete),
                Route.post(run + "/clear", "", this::clear));
    }

    private ServedRuns.Found found(Request request) throws IOException, HttpError {
        return dags.run(request.path("dag"), request.path("run"));
    }

    private Response list(Request request) throws Exception {
        Optional<String> dag = Optional.of(request.path("dag")).filter(id -> !id.equals("~"));
        if (dag.isPresent()) {
            dags.get(dag.get());
        }
        List<ServedRuns.Found> wanted = new ArrayList<>();
        List<String> states = request.all("state");
        for (ServedRuns.Found found : dags.runs(dag)) {
            if (states.isEmpty() || states.contains(DagRunJson.state(found.run()))) {
                wanted.add(found);
            }
        }
        boolean newestFirst = request.all("order_by").stream().anyMatch(order -> order.startsWith("-"));
        if (!newestFirst) {
            Collections.reverse(wanted);
        }
        return Listed.of("dag_runs", wanted, request, found -> json.of(found.run()));
    }

    /** Makes one run at a time, because it first checks whether a run with this id exists. */
    private synchronized Response trigger(Request request) throws Exception {
        Dags.Dag dag = dags.get(request.path("dag"));
        ObjectNode body = request.json();
        for (String name : body.propertyNames()) {
            if (!KNOWN.contains(name)) {
                throw new HttpError(422, name + ": extra inputs are not permitted");
            }
        }
        String id = body.path("dag_run_id").asString("manual__" + Instant.now());
        if (id.isEmpty() || id.length() > LONGEST_ID) {
            throw new HttpError(422, "dag_run_id: has to have 1 to " + LONGEST_ID + " characters");
        }
        if (dags.find(dag.id(), id).isPresent()) {
            throw new HttpError(409, "a DAG run with dag_id: `" + dag.id() + "` and run_id: `" + id + "` exists");
        }
        Map<String, String> inputs = new LinkedHashMap<>();
        body.path("conf")
                .forEachEntry(
                        (name, value) -> inputs.put(name, value.isString() ? value.stringValue() : value.toString()));
        WorkflowRequest wanted = WorkflowRequest.of(dag.file())
                .withInputs(inputs)
                .withKey(Dags.key(dag.id(), id))
                .startingNew();
        Path home = CairnHome.at(dag.home()).created().path();
        RunFolder folder = active.begin(home, runner -> runner.run(wanted));
        RunManifest run = RunManifest.read(folder);
        if (body.path("note").isString()) {
            json.notes().put(run, body.path("note").stringValue());
        }
        return Response.json(json.of(run));
    }

    private Response patch(Request request) throws Exception {
        ServedRuns.Found found = found(request);
        ObjectNode body = request.json();
        String state = body.path("state").asString("");
        switch (state) {
            case "" -> {}
            case "failed" -> {
                if (!found.run().state().isFinal()) {
                    control.ask(found, new RunCommand.Cancel());
                    active.awaitLetGo(found.run().id());
                }
            }
            case "queued" -> control.resume(found, ResumeOptions.AS_SUBMITTED, true);
            default -> throw new HttpError(422, "state " + state + ": a run can be set to failed or queued only");
        }
        if (body.path("note").isString()) {
            json.notes().put(found.run(), body.path("note").stringValue());
        }
        return Response.json(json.of(RunManifest.read(found.run().folder())));
    }

    private Response delete(Request request) throws Exception {
        ServedRuns.Found found = found(request);
        RunFolder folder = found.run().folder();
        active.awaitLetGo(found.run().id());
        if (!found.run().state().isFinal() || RunStore.ownerOf(folder).isPresent()) {
            throw new HttpError(409, "run " + found.run().id() + " has not ended; cancel it first");
        }
        TreeRemoval.remove(found.home().path(), folder.path());
        return Response.empty(204);
    }

    private Response clear(Request request) throws Exception {
        ServedRuns.Found found = found(request);
        ObjectNode body = request.json();
        boolean onlyFailed = Listed.truth(body, "only_failed", false);
        List<TaskInstance> tasks = TaskInstance.of(found.run()).stream()
                .filter(task -> !onlyFailed || task.hasFailed())
                .toList();
        if (Listed.truth(body, "dry_run", true)) {
            return Response.json(TaskInstance.json(tasks));
        }
        control.resume(found, options(tasks), true);
        return Response.json(json.of(RunManifest.read(found.run().folder())));
    }

    /** A failed step resumes from its image. A succeeded one runs again, with all steps that depend on it. */
    static ResumeOptions options(List<TaskInstance> cleared) {
        Set<String> again = new LinkedHashSet<>();
        cleared.stream().filter(TaskInstance::hasSucceeded).forEach(task -> again.add(task.stepId()));
        return ResumeOptions.AS_SUBMITTED.from(again);
    }
}
