"""Two tasks whose work goes on where it was when Airflow tries them again: a BashOperator and a TaskFlow function.

The key of each Cairn run is the task instance without its try: a retry has the same key, and so goes on with the same run. A cleared
task whose run has succeeded is done at once; `cairn run --new` would begin anew.
"""

import os
import signal
import subprocess
from datetime import timedelta

import pendulum

try:
    from airflow.providers.standard.operators.bash import BashOperator
    from airflow.sdk import dag, get_current_context, task
except ImportError:  # Airflow 2
    from airflow.decorators import dag, task
    from airflow.operators.bash import BashOperator
    from airflow.operators.python import get_current_context

# On every worker the same paths: Cairn's home lies on a file system that all of them see.
CAIRN = os.environ.get("CAIRN", "cairn")
HOME = os.environ.get("CAIRN_HOME", "/shared/cairn")
FLOW = os.environ.get("CAIRN_FLOW", "/shared/flows/flow.yaml")
RESULTS = os.environ.get("CAIRN_RESULTS", "/shared/results")

# Sends the runner TERM when the task's process dies without a word: it then checkpoints and stops, in place of going on alone.
WITH_PARENT = ["setpriv", "--pdeathsig", "TERM"]

RETRIES = {"retries": 3, "retry_delay": timedelta(seconds=10)}


def run_under_cairn(*arguments):
    """Runs `cairn run FLOW` for the current task instance; on TERM it checkpoints, exits with 75, and this raises."""
    ti = get_current_context()["ti"]
    key = f"{ti.dag_id}/{ti.run_id}/{ti.task_id}/{ti.map_index}"
    runner = subprocess.Popen(
        [*WITH_PARENT, CAIRN, "run", FLOW, "--key", key, *arguments],
        env={**os.environ, "CAIRN_HOME": HOME},
        start_new_session=True,
    )
    before = signal.signal(signal.SIGTERM, lambda number, frame: runner.terminate())
    try:
        code = runner.wait()
    finally:
        signal.signal(signal.SIGTERM, before)
    if code != 0:
        # not a return: a task that returns has succeeded
        raise RuntimeError(f"cairn exited with {code}" + ("; the next try goes on" if code == 75 else ""))


@dag(dag_id="cairn_tasks", schedule=None, start_date=pendulum.datetime(2026, 1, 1, tz="UTC"), catchup=False)
def cairn_tasks():
    by_bash = BashOperator(
        task_id="by_bash",
        bash_command=f"exec {' '.join(WITH_PARENT)} {CAIRN} run {FLOW}"
        " --key '{{ ti.dag_id }}/{{ ti.run_id }}/{{ ti.task_id }}/{{ ti.map_index }}'"
        f" --input result={RESULTS}/by_bash.txt",
        env={"CAIRN_HOME": HOME},
        append_env=True,
        **RETRIES,
    )

    @task(**RETRIES)
    def by_taskflow():
        run_under_cairn("--input", f"result={RESULTS}/by_taskflow.txt")

    by_bash >> by_taskflow()


cairn_tasks()
