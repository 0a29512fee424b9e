package dev.cairn.files;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Optional;

/**
 * Tells whether a file exists, for callers that act on its absence. If the file cannot be checked (no descriptor left,
 * an unreachable file server), that is an error, never "absent" as in {@link Files#exists}.
 */
public final class Presence {
    private Presence() {}

    /** @throws IOException if it cannot be determined */
    public static boolean isThere(Path file) throws IOException {
        return look(file).isPresent();
    }

    /**
     * Whether it exists and is a folder.
     *
     * @throws IOException if it cannot be determined
     */
    public static boolean isFolder(Path file, LinkOption... options) throws IOException {
        return look(file, options).filter(BasicFileAttributes::isDirectory).isPresent();
    }

    private static Optional<BasicFileAttributes> look(Path file, LinkOption... options) throws IOException {
        try {
            return Optional.of(Files.readAttributes(file, BasicFileAttributes.class, options));
        } catch (NoSuchFileException absent) {
            return Optional.empty();
        }
    }
}
