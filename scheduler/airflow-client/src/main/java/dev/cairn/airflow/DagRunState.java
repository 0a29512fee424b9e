package dev.cairn.airflow;

/**
 * The state of a DAG run. A state added by a newer Airflow is kept as text and is not final.
 *
 * @param text as the server writes it
 */
public record DagRunState(String text) {
    public static final DagRunState QUEUED = new DagRunState("queued");
    public static final DagRunState RUNNING = new DagRunState("running");
    public static final DagRunState SUCCESS = new DagRunState("success");
    public static final DagRunState FAILED = new DagRunState("failed");

    /** Whether the state is final. A user can still clear the run. */
    public boolean isFinal() {
        return equals(SUCCESS) || equals(FAILED);
    }

    /** Whether this client knows the state. */
    public boolean isKnown() {
        return isFinal() || equals(QUEUED) || equals(RUNNING);
    }

    @Override
    public String toString() {
        return text;
    }
}
