package dev.cairn.workflow.value;

import java.io.IOException;
import java.io.StringWriter;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.TokenStreamLocation;
import tools.jackson.core.json.JsonFactory;

/** Values as JSON text. Does without data binding, which would lengthen the start. Stateless; any thread. */
public final class JsonText {
    private static final int DEEPEST = 64;
    private static final int LONGEST_NUMBER = 100;
    private static final JsonFactory FACTORY = JsonFactory.builder()
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxNestingDepth(DEEPEST)
                    .maxNumberLength(LONGEST_NUMBER)
                    .build())
            .build();

    private JsonText() {}

    public static String of(Value value) {
        StringWriter text = new StringWriter();
        try (JsonGenerator json = FACTORY.createGenerator(ObjectWriteContext.empty(), text)) {
            write(json, value);
        }
        return text.toString();
    }

    private static void write(JsonGenerator json, Value value) {
        if (value instanceof Value.Fields object) {
            json.writeStartObject();
            object.fields().forEach((name, member) -> {
                json.writeName(name);
                write(json, member);
            });
            json.writeEndObject();
        } else if (value instanceof Value.Items list) {
            json.writeStartArray();
            list.items().forEach(item -> write(json, item));
            json.writeEndArray();
        } else if (value instanceof Value.Number number) {
            json.writeNumber(number.amount());
        } else if (value instanceof Value.Bool bool) {
            json.writeBoolean(bool.on());
        } else if (value instanceof Value.Text text) {
            json.writeString(text.content());
        } else {
            json.writeNull();
        }
    }

    /** @throws IOException if the text is not one JSON value; the message says what is wrong and where */
    public static Value parse(String text) throws IOException {
        try (JsonParser json = FACTORY.createParser(ObjectReadContext.empty(), text)) {
            if (json.nextToken() == null) {
                throw new IOException("not JSON: it is empty");
            }
            Value value = read(json);
            if (json.nextToken() != null) {
                throw new IOException("not JSON: something follows the value");
            }
            return value;
        } catch (JacksonException e) {
            TokenStreamLocation at = e.getLocation();
            throw new IOException(
                    "not JSON" + (at == null ? "" : " from line " + at.getLineNr() + ", column " + at.getColumnNr()),
                    e);
        }
    }

    /** Recursion is safe, because the parser limits the depth. */
    private static Value read(JsonParser json) {
        return switch (json.currentToken()) {
            case START_OBJECT -> {
                Map<String, Value> fields = new LinkedHashMap<>();
                while (json.nextToken() != JsonToken.END_OBJECT) {
                    String name = json.currentName();
                    json.nextToken();
                    fields.put(name, read(json));
                }
                yield new Value.Fields(fields);
            }
            case START_ARRAY -> {
                List<Value> items = new ArrayList<>();
                while (json.nextToken() != JsonToken.END_ARRAY) {
                    items.add(read(json));
                }
                yield new Value.Items(items);
            }
            case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT ->
                new Value.Number(new BigDecimal(json.getString()), json.getString());
            case VALUE_TRUE -> new Value.Bool(true);
            case VALUE_FALSE -> new Value.Bool(false);
            case VALUE_STRING -> new Value.Text(json.getString());
            default -> Value.NULL;
        };
    }
}
