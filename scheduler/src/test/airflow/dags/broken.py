"""A file of Airflow DAGs that cannot be read, on purpose."""

raise RuntimeError("broken on purpose")
