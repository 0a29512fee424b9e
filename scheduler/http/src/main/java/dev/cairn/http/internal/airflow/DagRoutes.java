package dev.cairn.http.internal.airflow;

import dev.cairn.http.internal.server.HttpError;
import dev.cairn.http.internal.server.Request;
import dev.cairn.http.internal.server.Response;
import dev.cairn.http.internal.server.Route;
import dev.cairn.run.view.JsonObject;
import dev.cairn.schedule.ScheduleEntry;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/** DAGs: listed, shown, paused. */
final class DagRoutes {
    private final Dags dags;

    DagRoutes(Dags dags) {
        this.dags = dags;
    }

    List<Route> routes() {
        return List.of(
                Route.get("/api/v2/dags", "", this::list),
                Route.get("/api/v2/importErrors", "", this::importErrors),
                Route.get("/api/v2/dags/{dag}", "", request -> Response.json(json(dags.get(request.path("dag"))))),
                Route.get("/api/v2/dags/{dag}/details", "", this::details),
                Route.act("PATCH", "/api/v2/dags/{dag}", "", this::patch));
    }

    private Response list(Request request) throws Exception {
        List<Dags.Dag> found = new ArrayList<>();
        String text = request.query("dag_id_pattern").orElse("").replace("%", "");
        for (Dags.Dag dag : dags.all()) {
            boolean wanted = dag.id().contains(text)
                    && request.query("paused")
                            .map(paused -> paused.equals("true") == dag.isPaused())
                            .orElse(true)
                    && request.all("tags").isEmpty();
            if (wanted) {
                found.add(dag);
            }
        }
        return Listed.of("dags", found, request, DagRoutes::json);
    }

    private Response importErrors(Request request) throws Exception {
        List<Dags.Dag> broken =
                dags.all().stream().filter(dag -> !dag.problem().isEmpty()).toList();
        return Listed.of(
                "import_errors",
                broken,
                request,
                dag -> new JsonObject()
                        .put("import_error_id", dag.id().hashCode())
                        .put("timestamp", "1970-01-01T00:00:00Z")
                        .put("filename", dag.file())
                        .put("bundle_name", "cairn")
                        .put("stack_trace", dag.problem()));
    }

    private Response patch(Request request) throws Exception {
        Dags.Dag dag = dags.get(request.path("dag"));
        if (!request.json().has("is_paused")) {
            throw new HttpError(422, "is_paused: is missing");
        }
        dags.pause(dag, Listed.truth(request.json(), "is_paused", false));
        return Response.json(json(dags.get(dag.id())));
    }

    private Response details(Request request) throws Exception {
        return Response.json(json(dags.get(request.path("dag")))
                .put("catchup", false)
                .put("concurrency", 1)
                .put("render_template_as_native_obj", false)
                .put("is_paused_upon_creation", false)
                .put("params", new JsonObject())
                .put("template_search_path", List.of())
                .put("owner_links", new JsonObject()));
    }

    private static JsonObject json(Dags.Dag dag) {
        Optional<ScheduleEntry> next = dag.entries().stream().findFirst();
        return new JsonObject()
                .put("dag_id", dag.id())
                .put("dag_display_name", dag.id())
                .put("is_paused", dag.isPaused())
                .put("is_stale", false)
                .put("fileloc", dag.file())
                .put("relative_fileloc", String.valueOf(dag.file().getFileName()))
                .put("file_token", dag.id())
                .put("description", null)
                .put("bundle_name", "cairn")
                .put("bundle_version", null)
                .put("last_parsed_time", null)
                .put("last_expired", null)
                .put(
                        "timetable_summary",
                        dag.entries().isEmpty()
                                ? null
                                : dag.entries().stream()
                                        .map(ScheduleEntry::timing)
                                        .collect(Collectors.joining(", ")))
                .put("timetable_description", null)
                .put("timetable_partitioned", false)
                .put("timetable_periodic", !dag.entries().isEmpty())
                .put("is_backfillable", false)
                .put("tags", List.of())
                .put("owners", List.of("cairn"))
                .put("max_active_tasks", 16)
                .put("max_active_runs", null)
                .put("max_consecutive_failed_dag_runs", 0)
                .put("has_task_concurrency_limits", false)
                .put("has_import_errors", !dag.problem().isEmpty())
                .put("next_dagrun_logical_date", next.flatMap(ScheduleEntry::next))
                .put("next_dagrun_data_interval_start", null)
                .put("next_dagrun_data_interval_end", null)
                .put("next_dagrun_run_after", next.flatMap(ScheduleEntry::next));
    }
}
