package dev.cairn.http.internal.api;

import dev.cairn.http.internal.server.Route;
import dev.cairn.run.view.JsonObject;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** The routes as an OpenAPI 3.1 document: generated from the routes that answer, so that it cannot differ from them. */
final class OpenApi {
    private OpenApi() {}

    static JsonObject of(List<Route> routes, String version) {
        Map<String, JsonObject> paths = new LinkedHashMap<>();
        for (Route route : routes) {
            paths.computeIfAbsent(route.path(), path -> new JsonObject())
                    .put(route.method().toLowerCase(Locale.ROOT), operation(route));
        }
        return new JsonObject()
                .put("openapi", "3.1.0")
                .put(
                        "info",
                        new JsonObject()
                                .put("title", "Cairn")
                                .put("version", version)
                                .put("description", "Answers have the shapes of the command line's --json."))
                .put("security", List.of(new JsonObject().put("token", List.of())))
                .put("paths", paths)
                .put(
                        "components",
                        new JsonObject()
                                .put(
                                        "securitySchemes",
                                        new JsonObject()
                                                .put(
                                                        "token",
                                                        new JsonObject()
                                                                .put("type", "http")
                                                                .put("scheme", "bearer")))
                                .put("schemas", new JsonObject().put("Problem", problem())));
    }

    private static JsonObject operation(Route route) {
        List<JsonObject> parameters = new ArrayList<>();
        route.places()
                .forEach(place -> parameters.add(
                        parameter(new Route.Field(place, "string", ""), "path").put("required", true)));
        route.parameters().forEach(field -> parameters.add(parameter(field, "query")));
        if (route.method().equals("POST")) {
            parameters.add(parameter(
                    new Route.Field("Idempotency-Key", "string", "the same key has the same answer, for a day"),
                    "header"));
        }
        JsonObject operation = new JsonObject()
                .put("operationId", route.id())
                .put("summary", route.summary())
                .put("parameters", parameters);
        if (!route.fields().isEmpty()) {
            JsonObject properties = new JsonObject();
            route.fields().forEach(field -> properties.put(field.name(), schema(field)));
            operation.put(
                    "requestBody",
                    content(
                            "application/json",
                            new JsonObject().put("type", "object").put("properties", properties)));
        }
        if (route.needs().isEmpty()) {
            operation.put("security", List.of());
        }
        return operation.put(
                "responses",
                new JsonObject()
                        .put("2XX", new JsonObject().put("description", "done"))
                        .put(
                                "default",
                                content(
                                                "application/problem+json",
                                                new JsonObject().put("$ref", "#/components/schemas/Problem"))
                                        .put("description", "what is wrong, in words")));
    }

    private static JsonObject content(String type, JsonObject schema) {
        return new JsonObject().put("content", new JsonObject().put(type, new JsonObject().put("schema", schema)));
    }

    private static JsonObject parameter(Route.Field field, String in) {
        return new JsonObject()
                .put("name", field.name())
                .put("in", in)
                .put("description", field.meaning())
                .put("schema", new JsonObject().put("type", field.type()));
    }

    private static JsonObject schema(Route.Field field) {
        return new JsonObject().put("type", field.type()).put("description", field.meaning());
    }

    private static JsonObject problem() {
        JsonObject properties = new JsonObject();
        for (String name : List.of("type", "title", "detail")) {
            properties.put(name, new JsonObject().put("type", "string"));
        }
        return new JsonObject()
                .put("type", "object")
                .put("properties", properties.put("status", new JsonObject().put("type", "integer")));
    }
}
