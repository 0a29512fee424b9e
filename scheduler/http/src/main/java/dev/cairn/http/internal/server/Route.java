package dev.cairn.http.internal.server;

import dev.cairn.http.access.Role;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * A method and a path with their handler, as the API's document describes them; immutable.
 *
 * @param path the path, with {@code {name}} for a variable segment
 * @param needs the required role of the caller; empty for none
 * @param parameters the parameters of the query
 * @param fields the fields of the body
 */
public record Route(
        String method,
        String path,
        Optional<Role> needs,
        String summary,
        List<Field> parameters,
        List<Field> fields,
        Handler handler) {
    private static final Pattern PLACE = Pattern.compile("\\{([a-z_]+)}");

    public Route {
        parameters = List.copyOf(parameters);
        fields = List.copyOf(fields);
    }

    /** @param type the type in JSON Schema */
    public record Field(String name, String type, String meaning) {}

    /** Answers a request; any thread. */
    @FunctionalInterface
    public interface Handler {
        Response handle(Request request) throws Exception;
    }

    public static Route get(String path, String summary, Handler handler) {
        return new Route("GET", path, Optional.of(Role.READ), summary, List.of(), List.of(), handler);
    }

    public static Route post(String path, String summary, Handler handler) {
        return act("POST", path, summary, handler);
    }

    public static Route act(String method, String path, String summary, Handler handler) {
        return new Route(method, path, Optional.of(Role.WRITE), summary, List.of(), List.of(), handler);
    }

    public Route with(String name, String type, String meaning) {
        List<Field> more = new ArrayList<>(parameters);
        more.add(new Field(name, type, meaning));
        return new Route(method, path, needs, summary, more, fields, handler);
    }

    public Route taking(String name, String type, String meaning) {
        List<Field> more = new ArrayList<>(fields);
        more.add(new Field(name, type, meaning));
        return new Route(method, path, needs, summary, parameters, more, handler);
    }

    /** Without a token. */
    public Route open() {
        return new Route(method, path, Optional.empty(), summary, parameters, fields, handler);
    }

    /** The same for callers who may only read. */
    public Route forReaders() {
        return new Route(method, path, Optional.of(Role.READ), summary, parameters, fields, handler);
    }

    public List<String> places() {
        return PLACE.matcher(path).results().map(place -> place.group(1)).toList();
    }

    /** A name of one word for it. */
    public String id() {
        return method.toLowerCase(java.util.Locale.ROOT)
                + PLACE.matcher(path)
                        .replaceAll("by_$1")
                        .replaceAll("[^a-z0-9_]+", "_")
                        .replaceAll("_$", "");
    }

    private Pattern pattern() {
        Matcher place = PLACE.matcher(path);
        StringBuilder pattern = new StringBuilder();
        int end = 0;
        while (place.find()) {
            pattern.append(Pattern.quote(path.substring(end, place.start()))).append("([^/]+)");
            end = place.end();
        }
        return Pattern.compile(pattern + Pattern.quote(path.substring(end)));
    }

    /** A route ready to be matched. */
    static final class Matched {
        private final Route route;
        private final Pattern pattern;
        private final List<String> places;

        Matched(Route route) {
            this.route = route;
            this.pattern = route.pattern();
            this.places = route.places();
        }

        Route route() {
            return route;
        }

        /** The values of its variable segments, still encoded; empty if the path does not match. */
        Optional<Map<String, String>> match(String rawPath) {
            Matcher matcher = pattern.matcher(rawPath);
            if (!matcher.matches()) {
                return Optional.empty();
            }
            Map<String, String> values = new LinkedHashMap<>();
            for (int i = 0; i < places.size(); i++) {
                values.put(places.get(i), matcher.group(i + 1));
            }
            return Optional.of(values);
        }

        @Override
        public String toString() {
            return route.method() + " " + route.path() + places.stream().collect(Collectors.joining(",", "(", ")"));
        }
    }
}
