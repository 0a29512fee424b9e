package dev.cairn.airflow;

import java.util.Optional;

/**
 * A whole answer.
 *
 * @param body text, in the charset that it names
 * @param logToken the header {@code Airflow-Continuation-Token}
 * @param retryAfter the header {@code Retry-After}
 */
record ApiResponse(
        int status, String contentType, String body, Optional<String> logToken, Optional<String> retryAfter) {

    boolean isSuccess() {
        return status >= 200 && status < 300;
    }

    /**
     * Whether the answer refuses the credentials. Airflow 3 answers 401 for an expired token, and 403 for a token that
     * it cannot read, as after a change of its {@code jwt_secret}. If none is configured, each start makes a new one.
     * Source: its {@code resolve_user_from_token}.
     */
    boolean refusesCredentials() {
        return status == 401 || status == 403 && body.contains("Invalid JWT token");
    }

    boolean isNdjson() {
        return contentType.startsWith("application/x-ndjson");
    }
}
