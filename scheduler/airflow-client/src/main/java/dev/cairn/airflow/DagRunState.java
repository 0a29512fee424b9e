package dev.cairn.airflow;

/**
 * How far a DAG run is. A state added by a newer Airflow is kept as text and is not final.
 *
 * @param text as the server writes it
 */
public record DagRunState(String text) {
    public static final DagRunState QUEUED = new DagRunState("queued");
    public static final DagRunState RUNNING = new DagRunState("running");
    public static final DagRunState SUCCESS = new DagRunState("success");
    public static final DagRunState FAILED = new DagRunState("failed");

    /** Final unless a user clears the run. */
    public boolean isFinal() {
        return equals(SUCCESS) || equals(FAILED);
    }

    /** Whether this client knows what it means. */
    public boolean isKnown() {
        return isFinal() || equals(QUEUED) || equals(RUNNING);
    }

    @Override
    public String toString() {
        return text;
    }
}
