package dev.cairn.airflow;

import java.util.List;
import java.util.stream.Stream;
import tools.jackson.databind.node.ObjectNode;

/** The task instances of DAG runs. Thread-safe. */
public final class TaskInstances {
    private static final String TASKS = "taskInstances";

    private final ApiClient api;

    TaskInstances(ApiClient api) {
        this.api = api;
    }

    public Stream<TaskInstance> list(String dagId, String runId) {
        return Pages.of(api, ApiRequest.get(DagRuns.path(dagId, runId, TASKS)), TaskInstance::from, "task_instances");
    }

    /** @throws AirflowException NOT_FOUND if there is no such task */
    public TaskInstance get(String dagId, String runId, String taskId) throws AirflowException {
        return TaskInstance.from(api.call(ApiRequest.get(DagRuns.path(dagId, runId, TASKS, taskId))));
    }

    /** An instance of a mapped task. */
    public TaskInstance get(String dagId, String runId, String taskId, int mapIndex) throws AirflowException {
        return TaskInstance.from(
                api.call(ApiRequest.get(DagRuns.path(dagId, runId, TASKS, taskId, Integer.toString(mapIndex)))));
    }

    /**
     * Makes tasks of a run, and the tasks after them, run again.
     *
     * @param taskIds empty for all
     * @param onlyFailed whether to clear only failed tasks
     * @return the cleared tasks
     */
    public List<TaskInstance> clear(String dagId, String runId, List<String> taskIds, boolean onlyFailed)
            throws AirflowException {
        ObjectNode body = AirflowJson.object()
                .put("dry_run", false) // the server's default is true
                .put("dag_run_id", runId)
                .put("only_failed", onlyFailed)
                .put("reset_dag_runs", true)
                .put("include_downstream", !taskIds.isEmpty());
        if (!taskIds.isEmpty()) {
            taskIds.forEach(body.putArray("task_ids")::add);
        }
        return api.call(ApiRequest.post(body, "dags", dagId, "clearTaskInstances"))
                .path("task_instances")
                .valueStream()
                .map(TaskInstance::from)
                .toList();
    }

    /** Sets the state of a task that is not mapped, e.g. to SUCCESS to skip it. */
    public void setState(String dagId, String runId, String taskId, TaskState state) throws AirflowException {
        ObjectNode body = AirflowJson.object().put("new_state", state.text());
        if (api.apiVersion() == ApiVersion.V1) {
            body.put("dry_run", false);
        }
        api.call(ApiRequest.patch(body, DagRuns.path(dagId, runId, TASKS, taskId)));
    }
}
