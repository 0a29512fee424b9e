package dev.cairn.airflow;

import java.util.stream.Stream;

/** The variables of a server. Thread-safe. */
public final class Variables {
    private final ApiClient api;

    Variables(ApiClient api) {
        this.api = api;
    }

    public Stream<Variable> list() {
        return Pages.of(api, ApiRequest.get("variables"), Variable::from, "variables");
    }

    /** @throws AirflowException NOT_FOUND if there is no such variable */
    public Variable get(String key) throws AirflowException {
        return Variable.from(api.call(ApiRequest.get("variables", key)));
    }

    /** @throws AirflowException CONFLICT from v2 if the key exists */
    public Variable create(String key, String value) throws AirflowException {
        return Variable.from(
                api.call(ApiRequest.post(AirflowJson.object().put("key", key).put("value", value), "variables")));
    }

    public Variable update(String key, String value) throws AirflowException {
        return Variable.from(
                api.call(ApiRequest.patch(AirflowJson.object().put("key", key).put("value", value), "variables", key)));
    }

    public void delete(String key) throws AirflowException {
        api.call(ApiRequest.delete("variables", key));
    }
}
