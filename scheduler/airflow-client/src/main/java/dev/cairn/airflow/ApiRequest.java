package dev.cairn.airflow;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/**
 * A request: its path below the root of the API or server, in segments that are not yet encoded, because run ids
 * contain characters such as {@code +} and {@code :}.
 *
 * @param query alternating names and values; a name may occur several times
 * @param accept the requested content type
 */
record ApiRequest(String method, List<String> path, List<String> query, Optional<JsonNode> body, String accept) {
    static final String JSON = "application/json";

    static ApiRequest get(String... path) {
        return new ApiRequest("GET", List.of(path), List.of(), Optional.empty(), JSON);
    }

    static ApiRequest delete(String... path) {
        return new ApiRequest("DELETE", List.of(path), List.of(), Optional.empty(), JSON);
    }

    static ApiRequest post(JsonNode body, String... path) {
        return new ApiRequest("POST", List.of(path), List.of(), Optional.of(body), JSON);
    }

    static ApiRequest patch(JsonNode body, String... path) {
        return new ApiRequest("PATCH", List.of(path), List.of(), Optional.of(body), JSON);
    }

    static ApiRequest put(JsonNode body, String... path) {
        return new ApiRequest("PUT", List.of(path), List.of(), Optional.of(body), JSON);
    }

    ApiRequest with(String name, Object value) {
        List<String> longer = new ArrayList<>(query);
        longer.add(name);
        longer.add(value.toString());
        return new ApiRequest(method, path, longer, body, accept);
    }

    ApiRequest withAll(String name, List<String> values) {
        ApiRequest all = this;
        for (String value : values) {
            all = all.with(name, value);
        }
        return all;
    }

    ApiRequest accepting(String contentType) {
        return new ApiRequest(method, path, query, body, contentType);
    }

    /**
     * Whether the request is idempotent (RFC 9110, 9.2.2). A DELETE does not count, because the second answer would be
     * a 404.
     */
    boolean isSafeToRepeat() {
        return method.equals("GET") || method.equals("PUT");
    }

    /** For messages. */
    String describe() {
        return method + " " + String.join("/", path);
    }
}
