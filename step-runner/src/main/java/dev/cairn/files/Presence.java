package dev.cairn.files;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;

/**
 * Whether a file is there, for whoever acts on its absence. That it cannot be looked at (no descriptor left, a file server that is
 * away) is an error, never "absent" as {@link Files#exists} has it.
 */
public final class Presence {
    private Presence() {}

    /** @throws IOException when it cannot be told */
    public static boolean isThere(Path file) throws IOException {
        try {
            Files.readAttributes(file, BasicFileAttributes.class);
            return true;
        } catch (NoSuchFileException absent) {
            return false;
        }
    }
}
