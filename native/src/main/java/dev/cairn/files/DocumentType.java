package dev.cairn.files;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.TokenStreamLocation;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * One kind of JSON document on disk. Every document names its type and version. It is handled as a tree, so that an
 * older Cairn keeps the fields that a newer one has added within the same version.
 *
 * @param name the value of the field {@code document}, e.g. {@code cairn.step}
 * @param version the only version that is read and written
 */
public record DocumentType(String name, int version) {
    private static final JsonMapper JSON =
            JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

    /** A new, otherwise empty document. */
    public ObjectNode create() {
        return JSON.createObjectNode().put("document", name).put("version", version);
    }

    /**
     * @throws DocumentException if the file is not a complete document of this type and version
     * @throws UntrustedException if another user could have written it
     * @throws NoSuchFileException if there is no such file
     */
    public ObjectNode read(Path file) throws IOException {
        byte[] content = OrdinaryFile.readOwn(file);
        if (content.length == 0) {
            throw new DocumentException(file, "is empty. Nothing was changed; put back a copy of it or move it away");
        }
        JsonNode tree = parse(file, content);
        if (!(tree instanceof ObjectNode object)
                || !name.equals(object.path("document").asString(""))) {
            throw new DocumentException(
                    file, "is not a " + name + " document; something else wrote it. Nothing was changed; move it away");
        }
        JsonNode found = object.path("version");
        if (!found.isInt() || found.intValue() != version) {
            throw new DocumentException(
                    file,
                    "has version " + found + " of " + name + ", and this Cairn knows version " + version
                            + " only. Nothing was changed; use the Cairn that wrote it");
        }
        return object;
    }

    /**
     * Reads a document and takes from it what it holds.
     *
     * @param values throws one of the usual exceptions for a value that Cairn does not write
     * @throws DocumentException when it does
     */
    public <T> T read(Path file, Function<ObjectNode, T> values) throws IOException {
        ObjectNode document = read(file);
        try {
            return values.apply(document);
        } catch (IllegalArgumentException
                | DateTimeException
                | ArithmeticException
                | ClassCastException
                | JacksonException foreign) {
            throw new DocumentException(
                    file,
                    "holds a value that no Cairn writes: " + foreign.getMessage()
                            + ". Nothing was changed; put back a copy of it or move it away",
                    foreign);
        }
    }

    /** The same; empty if there is no such file. */
    public <T> Optional<T> readIfPresent(Path file, Function<ObjectNode, T> values) throws IOException {
        try {
            return Optional.of(read(file, values));
        } catch (NoSuchFileException missing) {
            return Optional.empty();
        }
    }

    /** Like {@link #read(Path)}, empty when there is no such file. */
    public Optional<ObjectNode> readIfPresent(Path file) throws IOException {
        try {
            return Optional.of(read(file));
        } catch (NoSuchFileException missing) {
            return Optional.empty();
        }
    }

    /** Replaces the file durably. */
    public void write(Path file, ObjectNode document) throws IOException {
        DurableFiles.replace(file, bytes(document));
    }

    /** The document as it lies on disk. */
    public static byte[] bytes(JsonNode document) {
        return (JSON.writeValueAsString(document) + "\n").getBytes(StandardCharsets.UTF_8);
    }

    private static JsonNode parse(Path file, byte[] content) throws DocumentException {
        try {
            return JSON.readTree(content);
        } catch (JacksonException e) {
            throw new DocumentException(
                    file,
                    "is not whole JSON" + where(e) + ". Nothing was changed; put back a copy of it or move it away",
                    e);
        }
    }

    /** An error such as too deep nesting has no location. */
    private static String where(JacksonException e) {
        @Nullable TokenStreamLocation at = e.getLocation();
        return at == null ? "" : ", from line " + at.getLineNr() + ", column " + at.getColumnNr() + " on";
    }
}
