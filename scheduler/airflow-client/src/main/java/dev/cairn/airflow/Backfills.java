package dev.cairn.airflow;

import java.util.stream.Stream;

/** Backfills, which only Airflow 3 has. With Airflow 2 every call is UNSUPPORTED. Thread-safe. */
public final class Backfills {
    private static final String BACKFILLS = "backfills";

    private final ApiClient api;

    Backfills(ApiClient api) {
        this.api = api;
    }

    /**
     * Starts a backfill. The request is sent once: after SERVER or NO_ANSWER, {@link #list} shows whether it was
     * started.
     */
    public Backfill create(BackfillRequest request) throws AirflowException {
        return call(ApiRequest.post(request.body(), BACKFILLS));
    }

    public Stream<Backfill> list(String dagId) throws AirflowException {
        api.needsV2(BACKFILLS);
        return Pages.of(api, ApiRequest.get(BACKFILLS).with("dag_id", dagId), Backfill::from, BACKFILLS);
    }

    public Backfill get(long id) throws AirflowException {
        return call(ApiRequest.get(BACKFILLS, Long.toString(id)));
    }

    public Backfill pause(long id) throws AirflowException {
        return change(id, "pause");
    }

    public Backfill unpause(long id) throws AirflowException {
        return change(id, "unpause");
    }

    /** Its active runs continue. */
    public Backfill cancel(long id) throws AirflowException {
        return change(id, "cancel");
    }

    private Backfill change(long id, String how) throws AirflowException {
        return call(ApiRequest.put(AirflowJson.object(), BACKFILLS, Long.toString(id), how));
    }

    private Backfill call(ApiRequest call) throws AirflowException {
        api.needsV2(BACKFILLS);
        return Backfill.from(api.call(call));
    }
}
