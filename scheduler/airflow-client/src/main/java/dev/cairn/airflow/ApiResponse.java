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
     * Whether it is about who asks. Airflow 3 says 401 of a token that has expired, and 403 of one that it cannot read, as after a
     * change of its {@code jwt_secret}, which comes with each start where none is set. Source: its {@code resolve_user_from_token}.
     */
    boolean refusesCredentials() {
        return status == 401 || status == 403 && body.contains("Invalid JWT token");
    }

    boolean isNdjson() {
        return contentType.startsWith("application/x-ndjson");
    }
}
