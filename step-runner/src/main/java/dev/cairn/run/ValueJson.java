package dev.cairn.run;

import dev.cairn.workflow.value.Value;
import java.io.StringWriter;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.json.JsonFactory;

/** Values as JSON text, without data binding, which would cost start-up time. Stateless; any thread. */
final class ValueJson {
    private static final JsonFactory FACTORY = new JsonFactory();

    private ValueJson() {}

    static String of(Value value) {
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
}
