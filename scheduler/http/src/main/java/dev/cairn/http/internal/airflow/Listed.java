package dev.cairn.http.internal.airflow;

import dev.cairn.http.internal.server.HttpError;
import dev.cairn.http.internal.server.Request;
import dev.cairn.http.internal.server.Response;
import dev.cairn.run.view.JsonObject;
import java.util.ArrayList;
import java.util.List;
import tools.jackson.databind.JsonNode;

/** A page of a list, by {@code limit} and {@code offset}. */
final class Listed {
    private static final int USUAL = 50;
    private static final int MOST = 1000;

    private Listed() {}

    /** Makes the JSON of an element. */
    @FunctionalInterface
    interface Form<T> {
        JsonObject of(T element) throws Exception;
    }

    static <T> Response of(String name, List<T> all, Request request, Form<T> form) throws Exception {
        int offset = (int) Math.min(all.size(), request.number("offset", 0, Integer.MAX_VALUE));
        int limit = (int) request.number("limit", USUAL, MOST);
        List<JsonObject> page = new ArrayList<>();
        for (T element : all.subList(offset, Math.min(all.size(), offset + limit))) {
            page.add(form.of(element));
        }
        return Response.json(new JsonObject().put(name, page).put("total_entries", all.size()));
    }

    /** A field of the body that must be true or false. */
    static boolean truth(JsonNode body, String name, boolean otherwise) throws HttpError {
        if (!body.has(name)) {
            return otherwise;
        }
        if (!body.path(name).isBoolean()) {
            throw new HttpError(422, name + ": has to be true or false");
        }
        return body.path(name).booleanValue();
    }
}
