package dev.cairn.run.manifest;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Objects;

/** The JSON Schemas of the manifest's documents. */
public final class ManifestSchemas {
    private ManifestSchemas() {}

    /** Of {@code manifest.json}. */
    public static String run() {
        return read("manifest.schema.json");
    }

    /** Of {@code step.json}. */
    public static String step() {
        return read("step.schema.json");
    }

    private static String read(String name) {
        try (InputStream in = Objects.requireNonNull(ManifestSchemas.class.getResourceAsStream(name), name)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
