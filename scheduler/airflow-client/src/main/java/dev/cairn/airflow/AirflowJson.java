package dev.cairn.airflow;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.Optional;
import java.util.OptionalInt;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** Reads JSON from servers without trusting its shape. */
final class AirflowJson {
    static final JsonMapper MAPPER = new JsonMapper();

    private AirflowJson() {}

    static ObjectNode object() {
        return MAPPER.createObjectNode();
    }

    /** Empty if the text is no JSON object or list. */
    static Optional<JsonNode> parse(String text) {
        try {
            JsonNode tree = MAPPER.readTree(text);
            return tree != null && tree.isContainer() ? Optional.of(tree) : Optional.empty();
        } catch (JacksonException notJson) {
            return Optional.empty();
        }
    }

    /** Empty text if the field is missing, null or no text. */
    static String text(JsonNode node, String... names) {
        return optionalText(node, names).orElse("");
    }

    /** The first of these fields that holds text or a number. */
    static Optional<String> optionalText(JsonNode node, String... names) {
        for (String name : names) {
            JsonNode value = node.path(name);
            if (value.isString() || value.isNumber()) {
                return Optional.of(value.asString());
            }
        }
        return Optional.empty();
    }

    /** A date-time with a zone; empty if it is missing, null or unreadable. */
    static Optional<Instant> instant(JsonNode node, String... names) {
        try {
            return optionalText(node, names).map(OffsetDateTime::parse).map(OffsetDateTime::toInstant);
        } catch (DateTimeException foreign) {
            return Optional.empty();
        }
    }

    static OptionalInt integer(JsonNode node, String name) {
        JsonNode value = node.path(name);
        return value.isInt() ? OptionalInt.of(value.intValue()) : OptionalInt.empty();
    }

    static boolean truth(JsonNode node, String name) {
        return node.path(name).asBoolean(false);
    }
}
