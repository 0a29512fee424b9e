package dev.cairn.airflow;

import tools.jackson.databind.JsonNode;

/** The requests that credentials may send to the server to get a token. */
public interface Login {

    ApiVersion apiVersion() throws AirflowException;

    /**
     * Posts JSON without authorization.
     *
     * @param path below the server's address, e.g. {@code auth/token}
     * @return the answer's JSON
     */
    JsonNode post(String path, JsonNode body) throws AirflowException;
}
