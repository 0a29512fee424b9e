package dev.cairn.airflow;

import java.util.Optional;

/**
 * A whole answer.
 *
 * @param body text, in the charset that it names
 * @param logToken the header {@code Airflow-Continuation-Token}
 * @param retryAfter the header {@code Retry-After}
 */
record Reply(int status, String contentType, String body, Optional<String> logToken, Optional<String> retryAfter) {

    boolean isSuccess() {
        return status >= 200 && status < 300;
    }

    boolean isNdjson() {
        return contentType.startsWith("application/x-ndjson");
    }
}
