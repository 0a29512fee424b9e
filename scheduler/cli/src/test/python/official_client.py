"""Drives a Cairn workflow with Airflow's official client: triggers it, follows it, reads its log, clears its failed task.

usage: official_client.py ADDRESS TOKEN FOLDER
"""

import json
import pathlib
import sys
import time
import urllib.request

import airflow_client.client as airflow
from airflow_client.client.api import DAGApi, DagRunApi, MonitorApi, TaskInstanceApi, VersionApi

address, token, folder = sys.argv[1], sys.argv[2], pathlib.Path(sys.argv[3])
DAG, RUN = "long", "official+1"


def call(path, body=None):
    """Cairn's own API, and the login."""
    headers = {"Authorization": "Bearer " + token, "Content-Type": "application/json"}
    data = None if body is None else json.dumps(body).encode()
    with urllib.request.urlopen(urllib.request.Request(address + path, data, headers), timeout=60) as answer:
        return json.load(answer)


def login():
    return call("/auth/token", {"username": "me", "password": token})["access_token"]


def wait(what, condition):
    deadline = time.time() + 60
    while not condition():
        assert time.time() < deadline, "waited in vain for " + what
        time.sleep(0.1)


with airflow.ApiClient(airflow.Configuration(host=address, access_token=login())) as client:
    print("version", VersionApi(client).get_version().version)
    assert MonitorApi(client).get_health().scheduler.status == "healthy"
    dags = DAGApi(client)
    assert DAG in [dag.dag_id for dag in dags.get_dags(limit=100).dags]
    assert dags.patch_dag(DAG, airflow.DAGPatchBody(is_paused=True)).is_paused
    assert not dags.patch_dag(DAG, airflow.DAGPatchBody(is_paused=False)).is_paused
    dags.get_dag_details(DAG)

    runs, tasks = DagRunApi(client), TaskInstanceApi(client)
    started = runs.trigger_dag_run(DAG, airflow.TriggerDAGRunPostBody(dag_run_id=RUN, note="by the official client"))
    print("triggered", started.dag_run_id, started.state.value)
    try:
        runs.trigger_dag_run(DAG, airflow.TriggerDAGRunPostBody(dag_run_id=RUN))
        raise AssertionError("the same id was taken twice")
    except airflow.exceptions.ConflictException as conflict:
        assert conflict.status == 409

    # a checkpoint by Cairn's own API, in the middle of the task
    wait("line 100", lambda: (folder / "counted").exists() and len((folder / "counted").read_text().split()) >= 100)
    run = DAG + "%2F" + RUN.replace("+", "%2B")
    taken = call(f"/api/v1/runs/{run}/checkpoint", {})
    assert taken["images"], taken
    (folder / "go").touch()

    wait("the end", lambda: runs.get_dag_run(DAG, RUN).state.value in ("success", "failed"))
    assert runs.get_dag_run(DAG, RUN).state.value == "failed"
    assert runs.get_dag_runs(DAG, state=["failed"]).total_entries == 1
    first = tasks.get_task_instance(DAG, RUN, "count")
    assert (first.state.value, first.try_number) == ("failed", 1)
    lines, following = [], None
    while True:
        log = tasks.get_log(DAG, RUN, "count", 1, token=following)
        content = log.content.actual_instance
        lines += [getattr(line, "event", line) for line in content]
        following = log.continuation_token
        if not following:
            break
    assert lines == [f"line {i}" for i in range(1, 201)], lines[-3:]
    print("log", len(lines), "lines")

    (folder / "mended").touch()
    body = airflow.ClearTaskInstancesBody(dag_run_id=RUN, dry_run=False, only_failed=True)
    cleared = tasks.post_clear_task_instances(DAG, body)
    assert [task.task_id for task in cleared.task_instances] == ["count"]
    wait("success", lambda: runs.get_dag_run(DAG, RUN).state.value == "success")
    second = tasks.get_task_instance(DAG, RUN, "count")
    assert (second.state.value, second.try_number) == ("success", 2)
    attempts = call(f"/api/v1/runs/{run}/steps/count/attempts")
    image = attempts["attempts"][1]["resumed_from"]
    assert image and image > 0, attempts
    assert (folder / "counted").read_text().split() == [str(i) for i in range(1, 1001)]
    print("resumed from image", image)
