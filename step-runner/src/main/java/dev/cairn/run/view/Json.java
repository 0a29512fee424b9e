package dev.cairn.run.view;

import java.io.PrintStream;
import java.io.StringWriter;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.json.JsonFactory;

/**
 * Writes the documented JSON shapes: objects, lists, text, numbers, times, durations in milliseconds, and optionals.
 * Does without data binding, which would lengthen the start.
 */
public final class Json {
    private static final JsonFactory FACTORY = new JsonFactory();

    private Json() {}

    /** One document on one line. */
    public static void print(PrintStream out, JsonObject document) {
        print(out, document.fields());
    }

    /** The same for a document made elsewhere. */
    public static void print(PrintStream out, Map<String, ?> document) {
        try (JsonGenerator json = FACTORY.createGenerator(ObjectWriteContext.empty(), new Unclosed(out))) {
            write(json, document);
        }
        out.println();
        out.flush();
    }

    /** One document as text, on one line without its end. */
    public static String text(JsonObject document) {
        StringWriter text = new StringWriter();
        try (JsonGenerator json = FACTORY.createGenerator(ObjectWriteContext.empty(), text)) {
            write(json, document.fields());
        }
        return text.toString();
    }

    private static void write(JsonGenerator json, @Nullable Object value) {
        if (value == null) {
            json.writeNull();
        } else if (value instanceof JsonObject object) {
            write(json, object.fields());
        } else if (value instanceof Map<?, ?> fields) {
            json.writeStartObject();
            fields.forEach((name, member) -> {
                json.writeName(String.valueOf(name));
                write(json, member);
            });
            json.writeEndObject();
        } else if (value instanceof List<?> list) {
            json.writeStartArray();
            list.forEach(element -> write(json, element));
            json.writeEndArray();
        } else if (value instanceof Boolean truth) {
            json.writeBoolean(truth);
        } else if (value instanceof Double number) {
            json.writeNumber(number);
        } else if (value instanceof Number number) {
            json.writeNumber(number.longValue());
        } else {
            writeOptional(json, value);
        }
    }

    private static void writeOptional(JsonGenerator json, Object value) {
        if (value instanceof Optional<?> optional) {
            write(json, optional.orElse(null));
        } else if (value instanceof OptionalInt optional) {
            write(json, optional.isPresent() ? optional.getAsInt() : null);
        } else if (value instanceof OptionalLong optional) {
            write(json, optional.isPresent() ? optional.getAsLong() : null);
        } else if (value instanceof Duration duration) {
            json.writeNumber(duration.toMillis());
        } else if (value instanceof Instant || value instanceof CharSequence || value instanceof java.nio.file.Path) {
            json.writeString(value.toString());
        } else {
            throw new IllegalArgumentException("no JSON form for " + value.getClass());
        }
    }

    /** The generator closes its target, but stdout must stay open. */
    private static final class Unclosed extends java.io.FilterOutputStream {
        Unclosed(PrintStream out) {
            super(out);
        }

        @Override
        public void write(byte[] bytes, int offset, int length) throws java.io.IOException {
            out.write(bytes, offset, length);
        }

        @Override
        public void close() throws java.io.IOException {
            flush();
        }
    }
}
