package dev.cairn.run.manifest;

import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** The form of values in the manifest: null for absent values, and ISO 8601 with milliseconds for instants. */
final class ManifestFields {
    private ManifestFields() {}

    static String text(JsonNode node, String field) {
        return node.path(field).asString("");
    }

    static Optional<String> optionalText(JsonNode node, String field) {
        JsonNode value = node.path(field);
        return value.isString() ? Optional.of(value.stringValue()) : Optional.empty();
    }

    static OptionalLong optionalLong(JsonNode node, String field) {
        JsonNode value = node.path(field);
        return value.isIntegralNumber() ? OptionalLong.of(value.longValue()) : OptionalLong.empty();
    }

    static OptionalInt optionalInt(JsonNode node, String field) {
        JsonNode value = node.path(field);
        return value.isIntegralNumber() ? OptionalInt.of(value.intValue()) : OptionalInt.empty();
    }

    /** A number that is never negative; {@code otherwise} if it is missing. */
    static int count(JsonNode node, String field, int otherwise) {
        return Math.toIntExact(amount(node, field, otherwise));
    }

    /** The same for a large number; 0 if it is missing. */
    static long amount(JsonNode node, String field) {
        return amount(node, field, 0);
    }

    private static long amount(JsonNode node, String field, long otherwise) {
        JsonNode value = node.path(field);
        if (value.isMissingNode()) {
            return otherwise;
        }
        if (!value.isIntegralNumber() || !value.canConvertToLong() || value.longValue() < 0) {
            throw new IllegalArgumentException(field + " is " + value);
        }
        return value.longValue();
    }

    /** The elements of a list; empty if the list is missing. */
    static Stream<JsonNode> list(JsonNode node, String field) {
        JsonNode value = node.path(field);
        if (!value.isArray() && !value.isMissingNode()) {
            throw new IllegalArgumentException(field + " is no list");
        }
        return value.valueStream();
    }

    /** An object; empty if it is missing. */
    static JsonNode object(JsonNode node, String field) {
        JsonNode value = node.path(field);
        if (!value.isObject() && !value.isMissingNode() && !value.isNull()) {
            throw new IllegalArgumentException(field + " is no object");
        }
        return value;
    }

    static Instant instant(JsonNode node, String field) {
        return Instant.parse(node.path(field).asString(Instant.EPOCH.toString()));
    }

    static Optional<Instant> optionalInstant(JsonNode node, String field) {
        return optionalText(node, field).map(Instant::parse);
    }

    static Map<String, String> texts(JsonNode node, String field) {
        Map<String, String> texts = new LinkedHashMap<>();
        node.path(field).forEachEntry((name, value) -> texts.put(name, value.asString("")));
        return texts;
    }

    static void put(ObjectNode node, String field, Map<String, String> texts) {
        ObjectNode object = node.putObject(field);
        texts.forEach(object::put);
    }

    static void put(ObjectNode node, String field, Instant value) {
        node.put(field, value.truncatedTo(ChronoUnit.MILLIS).toString());
    }

    static void putOptional(ObjectNode node, String field, Optional<String> value) {
        value.ifPresentOrElse(v -> node.put(field, v), () -> node.putNull(field));
    }

    static void putInstant(ObjectNode node, String field, Optional<Instant> value) {
        value.ifPresentOrElse(v -> put(node, field, v), () -> node.putNull(field));
    }

    static void putOptional(ObjectNode node, String field, OptionalLong value) {
        value.ifPresentOrElse(v -> node.put(field, v), () -> node.putNull(field));
    }

    static void putOptional(ObjectNode node, String field, OptionalInt value) {
        value.ifPresentOrElse(v -> node.put(field, v), () -> node.putNull(field));
    }
}
