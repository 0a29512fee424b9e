"""DAGs that both Airflow 2 and Airflow 3 can read."""

import time

import pendulum

try:
    from airflow.sdk import Asset, dag, task
except ImportError:
    from airflow.datasets import Dataset as Asset
    from airflow.decorators import dag, task

START = pendulum.datetime(2026, 1, 1, tz="UTC")


@dag(dag_id="contract", schedule=None, start_date=START, catchup=False, tags=["contract"])
def contract():
    @task
    def first(dag_run=None):
        print("hello from first")
        print("it's a \"quoted\" line")
        return {"n": (dag_run.conf or {}).get("n", 0), "text": "x"}

    @task
    def second(value):
        return str(value["n"] + 1)

    second(first())


@dag(dag_id="fragile", schedule=None, start_date=START, catchup=False)
def fragile():
    @task
    def breaks(dag_run=None, ti=None):
        if ti.try_number < (dag_run.conf or {}).get("good_try", 99):
            raise ValueError("broken as told")

    breaks()


@dag(dag_id="slow", schedule=None, start_date=START, catchup=False)
def slow():
    @task
    def sleeps():
        time.sleep(600)

    sleeps()


@dag(dag_id="on_asset", schedule=[Asset("cairn://contract")], start_date=START, catchup=False)
def on_asset():
    @task
    def seen():
        return "seen"

    seen()


# Begins paused: its runs are those of a backfill.
@dag(dag_id="daily", schedule="@daily", start_date=START, catchup=False, is_paused_upon_creation=True)
def daily():
    @task
    def day():
        return "day"

    day()


contract()
daily()
fragile()
slow()
on_asset()
