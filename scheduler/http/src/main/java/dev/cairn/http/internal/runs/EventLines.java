package dev.cairn.http.internal.runs;

import dev.cairn.files.JsonLines;
import dev.cairn.run.manifest.RunFolder;
import dev.cairn.run.view.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.util.ArrayList;
import java.util.List;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** The events of a run, numbered from 1 in the order of its journal, which only grows. Confined to one thread. */
public final class EventLines {
    private final RunFolder run;
    private long size = -1;
    private List<ObjectNode> lines = List.of();

    public EventLines(RunFolder run) {
        this.run = run;
    }

    /** An event. */
    public record Numbered(long id, JsonObject json) {}

    /** Those behind a number. */
    public List<Numbered> after(long id, int atMost) throws IOException {
        readIfGrown();
        List<Numbered> found = new ArrayList<>();
        for (int i = (int) Math.min(id, lines.size()); i < lines.size() && found.size() < atMost; i++) {
            found.add(new Numbered(i + 1, json(i + 1, lines.get(i))));
        }
        return found;
    }

    private void readIfGrown() throws IOException {
        long now;
        try {
            now = Files.size(run.events());
        } catch (NoSuchFileException none) {
            now = 0;
        }
        if (now != size) {
            lines = JsonLines.read(run.events());
            size = now;
        }
    }

    private static JsonObject json(long id, ObjectNode line) {
        JsonObject json = new JsonObject().put("id", id);
        line.forEachEntry((name, value) -> json.put(name, value(value)));
        return json;
    }

    private static Object value(JsonNode node) {
        if (node.isBoolean()) {
            return node.booleanValue();
        }
        if (node.isIntegralNumber()) {
            return node.longValue();
        }
        if (node.isArray()) {
            return node.valueStream().map(EventLines::value).toList();
        }
        if (node.isObject()) {
            JsonObject object = new JsonObject();
            node.forEachEntry((name, value) -> object.put(name, value(value)));
            return object;
        }
        return node.asString("");
    }
}
