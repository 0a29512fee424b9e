package dev.cairn.http.internal.server;

import dev.cairn.run.view.Json;
import dev.cairn.run.view.JsonObject;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;

/** What is answered. */
public sealed interface Response {
    String JSON = "application/json";
    String HTML = "text/html; charset=utf-8";
    String TEXT = "text/plain; charset=utf-8";

    /** All at once. */
    record Whole(int status, String type, byte[] body, Map<String, String> headers) implements Response {
        public Whole with(String name, String value) {
            Map<String, String> more = new LinkedHashMap<>(headers);
            more.put(name, value);
            return new Whole(status, type, body, more);
        }
    }

    /** Server-sent events. */
    record Events(Source source) implements Response {}

    /** Writes events until there are no more, or until the stream's time is over. */
    @FunctionalInterface
    interface Source {
        void writeTo(EventStream stream) throws IOException, InterruptedException;
    }

    static Whole json(int status, JsonObject document) {
        return new Whole(status, JSON, (Json.text(document) + "\n").getBytes(StandardCharsets.UTF_8), Map.of());
    }

    static Whole json(JsonObject document) {
        return json(200, document);
    }

    static Whole text(int status, String type, String text) {
        return new Whole(status, type, text.getBytes(StandardCharsets.UTF_8), Map.of());
    }

    static Whole empty(int status) {
        return new Whole(status, TEXT, new byte[0], Map.of());
    }

    /** RFC 9457. */
    static Whole problem(int status, String title, String detail) {
        return problem(status, title, detail, new JsonObject());
    }

    /** @param more fields of this problem */
    static Whole problem(int status, String title, String detail, JsonObject more) {
        JsonObject document = new JsonObject()
                .put("type", "about:blank")
                .put("title", title)
                .put("status", status)
                .put("detail", detail);
        more.fields().forEach(document::put);
        Whole json = json(status, document);
        return new Whole(status, "application/problem+json", json.body(), Map.of());
    }
}
