package dev.cairn.http.internal.airflow;

import dev.cairn.files.OrdinaryFile;
import dev.cairn.run.manifest.RunFolder;
import dev.cairn.run.view.JsonObject;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Converts texts to JSON values. */
final class XComValue {
    /** Bytes. */
    private static final int LARGEST = 64 * 1024;

    private XComValue() {}

    /** The value of JSON text, or the text itself if it is not JSON. */
    static @Nullable Object of(String text) {
        try {
            return value(JsonMapper.shared().readTree(text), text);
        } catch (JacksonException noJson) {
            return text;
        }
    }

    /** The content of an output's file; the path if the file is too large or cannot be read. */
    static @Nullable Object ofFile(String path, RunFolder run) {
        try {
            Path file = Path.of(path);
            if (Files.size(file) > LARGEST) {
                return path;
            }
            return of(new String(OrdinaryFile.readNamed(file, run.path()), StandardCharsets.UTF_8).stripTrailing());
        } catch (IOException e) {
            return path;
        }
    }

    private static @Nullable Object value(JsonNode node, String text) {
        if (node.isBoolean()) {
            return node.booleanValue();
        }
        if (node.isIntegralNumber() && node.canConvertToLong()) {
            return node.longValue();
        }
        if (node.isNumber()) {
            return node.doubleValue();
        }
        if (node.isArray()) {
            List<@Nullable Object> list = new ArrayList<>();
            node.forEach(element -> list.add(value(element, element.toString())));
            return list;
        }
        if (node.isObject()) {
            JsonObject object = new JsonObject();
            node.forEachEntry((name, member) -> object.put(name, value(member, member.toString())));
            return object;
        }
        return node.isNull() ? null : node.isString() ? node.stringValue() : text;
    }
}
