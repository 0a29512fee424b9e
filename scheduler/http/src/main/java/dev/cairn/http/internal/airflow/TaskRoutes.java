package dev.cairn.http.internal.airflow;

import dev.cairn.daemon.Runners;
import dev.cairn.http.internal.runs.ActiveRuns;
import dev.cairn.http.internal.runs.RunControl;
import dev.cairn.http.internal.runs.ServedRuns;
import dev.cairn.http.internal.server.HttpError;
import dev.cairn.http.internal.server.Request;
import dev.cairn.http.internal.server.Response;
import dev.cairn.http.internal.server.Route;
import dev.cairn.run.view.JsonObject;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** Lists, shows and clears task instances, and returns their logs and XComs. */
final class TaskRoutes {
    private final Dags dags;
    private final RunControl control;

    TaskRoutes(Dags dags, ActiveRuns active, Runners runners) {
        this.dags = dags;
        this.control = new RunControl(active, runners);
    }

    List<Route> routes() {
        String tasks = "/api/v2/dags/{dag}/dagRuns/{run}/taskInstances";
        return List.of(
                Route.get(tasks, "", this::list),
                Route.get(
                        tasks + "/{task}",
                        "",
                        request -> Response.json(task(request, -1).json())),
                Route.get(tasks + "/{task}/tries", "", request -> tries(task(request, -1))),
                Route.get(tasks + "/{task}/listMapped", "", this::mapped),
                Route.get(tasks + "/{task}/xcomEntries", "", this::xcoms),
                Route.get(tasks + "/{task}/xcomEntries/{key}", "", this::xcom),
                Route.get(tasks + "/{task}/logs/{try}", "", this::logs),
                Route.get(
                        tasks + "/{task}/{map_index}",
                        "",
                        request -> Response.json(task(request, index(request)).json())),
                Route.get(tasks + "/{task}/{map_index}/tries", "", request -> tries(task(request, index(request)))),
                Route.post("/api/v2/dags/{dag}/clearTaskInstances", "", this::clear));
    }

    private ServedRuns.Found run(Request request) throws IOException, HttpError {
        return dags.run(request.path("dag"), request.path("run"));
    }

    private Response list(Request request) throws Exception {
        return Listed.of("task_instances", TaskInstance.of(run(request).run()), request, TaskInstance::json);
    }

    private Response mapped(Request request) throws Exception {
        List<TaskInstance> tasks = TaskInstance.of(run(request).run()).stream()
                .filter(task -> task.taskId().equals(request.path("task")) && task.mapIndex() >= 0)
                .toList();
        return Listed.of("task_instances", tasks, request, TaskInstance::json);
    }

    private static int index(Request request) throws HttpError {
        String text = request.path("map_index");
        if (!text.matches("-1|\\d{1,9}")) {
            throw new HttpError(422, "map_index: has to be a number");
        }
        return Integer.parseInt(text);
    }

    private TaskInstance task(Request request, int mapIndex) throws IOException, HttpError {
        return TaskInstance.of(run(request).run()).stream()
                .filter(task -> task.taskId().equals(request.path("task")) && task.mapIndex() == mapIndex)
                .findFirst()
                .orElseThrow(() -> new HttpError(
                        404,
                        "The Task Instance with dag_id: `" + request.path("dag") + "`, run_id: `" + request.path("run")
                                + "`, task_id: `" + request.path("task") + "` and map_index: `" + mapIndex
                                + "` was not found"));
    }

    /** For logs and XComs, the map index is in the query. */
    private TaskInstance queried(Request request) throws IOException, HttpError {
        String index = request.query("map_index").orElse("-1");
        if (!index.matches("-1|\\d{1,9}")) {
            throw new HttpError(422, "map_index: has to be a number");
        }
        return task(request, Integer.parseInt(index));
    }

    private static Response tries(TaskInstance task) {
        List<JsonObject> tries =
                IntStream.rangeClosed(1, task.tries()).mapToObj(task::json).toList();
        return Response.json(new JsonObject().put("task_instances", tries).put("total_entries", tries.size()));
    }

    private Response logs(Request request) throws IOException, HttpError {
        TaskInstance task = queried(request);
        String attempt = request.path("try");
        if (!attempt.matches("\\d{1,6}") || Integer.parseInt(attempt) < 1 || Integer.parseInt(attempt) > task.tries()) {
            throw new HttpError(404, "task " + task.taskId() + " has no try " + attempt);
        }
        return TaskLog.page(task, request.query("token"));
    }

    private Response xcoms(Request request) throws Exception {
        TaskInstance task = queried(request);
        List<String> keys =
                new ArrayList<>(task.step().map(step -> step.outputs().keySet()).orElse(Set.of()));
        keys.addAll(task.step().map(step -> step.texts().keySet()).orElse(Set.of()));
        return Listed.of("xcom_entries", keys, request, key -> xcom(task, key));
    }

    private static JsonObject xcom(TaskInstance task, String key) {
        String dag = task.run().origin().name();
        return new JsonObject()
                .put("key", key)
                .put("timestamp", task.run().updatedAt())
                .put("logical_date", null)
                .put("map_index", task.mapIndex())
                .put("task_id", task.taskId())
                .put("dag_id", dag)
                .put("run_id", Dags.runId(task.run()))
                .put("dag_display_name", dag)
                .put("task_display_name", task.taskId())
                .put("run_after", task.run().createdAt());
    }

    private Response xcom(Request request) throws IOException, HttpError {
        TaskInstance task = queried(request);
        String key = request.path("key");
        Optional<String> file = task.step().map(step -> step.outputs().get(key));
        Optional<String> text = task.step().map(step -> step.texts().get(key));
        if (file.isEmpty() && text.isEmpty()) {
            throw new HttpError(404, "XCom entry with key: `" + key + "` not found");
        }
        Object value =
                file.isPresent() ? XComValue.ofFile(file.get(), task.run().folder()) : text.get();
        boolean asText = request.truth("stringify", false);
        return Response.json(xcom(task, key).put("value", asText ? String.valueOf(value) : value));
    }

    private Response clear(Request request) throws Exception {
        ObjectNode body = request.json();
        dags.get(request.path("dag"));
        String runId = body.path("dag_run_id").asString("");
        if (runId.isEmpty()) {
            throw new HttpError(422, "dag_run_id: is missing; tasks of several runs are not cleared at once");
        }
        ServedRuns.Found found = dags.run(request.path("dag"), runId);
        boolean onlyFailed = Listed.truth(body, "only_failed", true);
        Set<String> wanted = wanted(body.path("task_ids"));
        List<TaskInstance> cleared = TaskInstance.of(found.run()).stream()
                .filter(task -> wanted.isEmpty()
                        || wanted.contains(task.taskId())
                        || wanted.contains(task.taskId() + " " + task.mapIndex()))
                .filter(task -> !onlyFailed || task.hasFailed())
                .toList();
        if (!Listed.truth(body, "dry_run", true) && !cleared.isEmpty()) {
            control.resume(found, DagRunRoutes.options(cleared), true);
        }
        return Response.json(TaskInstance.json(cleared));
    }

    /** Reads ids, or pairs of an id and a map index. */
    private static Set<String> wanted(JsonNode given) {
        Set<String> wanted = new LinkedHashSet<>();
        given.forEach(one -> wanted.add(
                one.isArray() ? one.path(0).asString("") + " " + one.path(1).asInt(-1) : one.asString("")));
        return wanted;
    }
}
