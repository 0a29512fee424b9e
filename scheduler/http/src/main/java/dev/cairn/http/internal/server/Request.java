package dev.cairn.http.internal.server;

import dev.cairn.http.access.Role;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * A request whose route is known.
 *
 * @param path decoded values of the variable segments of the route's path
 * @param query decoded, in order
 * @param headers by lower-case name, the first of each name
 * @param credential the caller's token or session; empty for none
 * @param encrypted on its way to this server, or to a proxy that says so; a client that lies gets a cookie that it
 *     cannot use
 */
public record Request(
        String method,
        Map<String, String> path,
        Map<String, List<String>> query,
        Map<String, String> headers,
        byte[] body,
        Optional<Role> role,
        String credential,
        boolean encrypted) {
    /** The maximum size of a body in bytes. */
    static final long LARGEST_BODY = 64 * 1024;

    public String path(String name) {
        return path.getOrDefault(name, "");
    }

    public Optional<String> query(String name) {
        return query.getOrDefault(name, List.of()).stream().findFirst().filter(value -> !value.isEmpty());
    }

    public List<String> all(String name) {
        return query.getOrDefault(name, List.of());
    }

    public Optional<String> header(String name) {
        return Optional.ofNullable(headers.get(name.toLowerCase(Locale.ROOT)));
    }

    /** A number in the query, no more than {@code most}. */
    public long number(String name, long otherwise, long most) throws HttpError {
        Optional<String> given = query(name);
        if (given.isEmpty()) {
            return otherwise;
        }
        if (!given.get().matches("\\d{1,18}")) {
            throw new HttpError(400, name + ": not a number from 0 on");
        }
        return Math.min(most, Long.parseLong(given.get()));
    }

    public boolean truth(String name, boolean otherwise) {
        return query(name).map(text -> text.equals("true") || text.equals("1")).orElse(otherwise);
    }

    public boolean accepts(String type) {
        return header("Accept").orElse("").contains(type);
    }

    /** The body as an object; empty if there is none. */
    public ObjectNode json() throws HttpError {
        if (body.length == 0) {
            return JsonMapper.shared().createObjectNode();
        }
        if (!header("Content-Type").orElse("").toLowerCase(Locale.ROOT).startsWith("application/json")) {
            throw new HttpError(415, "the body has to be application/json");
        }
        try {
            if (JsonMapper.shared().readTree(body) instanceof ObjectNode object) {
                return object;
            }
        } catch (JacksonException e) {
            throw new HttpError(400, "the body is no JSON: " + e.getOriginalMessage());
        }
        throw new HttpError(400, "the body has to be a JSON object");
    }

    /** The body in the format of a page's form. */
    public Map<String, List<String>> form() {
        return fields(new String(body, StandardCharsets.UTF_8));
    }

    public Optional<String> form(String name) {
        return form().getOrDefault(name, List.of()).stream().findFirst();
    }

    /** @throws IllegalArgumentException for a broken escape */
    static Map<String, List<String>> fields(String text) {
        Map<String, List<String>> fields = new LinkedHashMap<>();
        for (String field : text.split("&")) {
            if (!field.isEmpty()) {
                int end = field.indexOf('=');
                String name = end < 0 ? field : field.substring(0, end);
                String value = end < 0 ? "" : field.substring(end + 1);
                fields.computeIfAbsent(decoded(name), any -> new ArrayList<>()).add(decoded(value));
            }
        }
        return fields;
    }

    static String decoded(String text) {
        return URLDecoder.decode(text, StandardCharsets.UTF_8);
    }
}
