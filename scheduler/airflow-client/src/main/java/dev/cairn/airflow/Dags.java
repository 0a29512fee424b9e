package dev.cairn.airflow;

import java.util.stream.Stream;

/** The DAGs of a server. Thread-safe. */
public final class Dags {
    private final ApiClient api;

    Dags(ApiClient api) {
        this.api = api;
    }

    /** Ordered by id. */
    public Stream<Dag> list(DagQuery query) throws AirflowException {
        // v1 accepts one order_by, v2 several; the parameter for inactive DAGs was renamed and not inverted
        ApiRequest call = ApiRequest.get("dags")
                .with("order_by", "dag_id")
                .with(api.apiVersion() == ApiVersion.V1 ? "only_active" : "exclude_stale", !query.evenInactive())
                .withAll("tags", query.tags());
        return Pages.of(
                api,
                query.idPattern().map(like -> call.with("dag_id_pattern", like)).orElse(call),
                Dag::from,
                "dags");
    }

    /** @throws AirflowException NOT_FOUND if there is no such DAG */
    public Dag get(String dagId) throws AirflowException {
        return Dag.from(api.call(ApiRequest.get("dags", dagId)));
    }

    /** Pauses or unpauses it; existing runs continue. */
    public Dag pause(String dagId, boolean paused) throws AirflowException {
        return Dag.from(api.call(ApiRequest.patch(AirflowJson.object().put("is_paused", paused), "dags", dagId)
                .with("update_mask", "is_paused")));
    }

    /** The files that Airflow cannot read now, among all DAGs that the user may see. */
    public Stream<ImportError> importErrors() {
        return Pages.of(api, ApiRequest.get("importErrors"), ImportError::from, "import_errors");
    }
}
