package dev.cairn.files;

import dev.cairn.engine.SteadyRead;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;

/** Reads what should be a file of a sensible size, and names what is not: to read a pipe could wait for ever. Stateless; any thread. */
public final class OrdinaryFile {
    private static final long MOST_BYTES = 512L << 20;

    private OrdinaryFile() {}

    /**
     * @throws DocumentException when it is a folder, a pipe, a device, or too large
     * @throws java.nio.file.NoSuchFileException when there is none
     */
    public static byte[] read(Path file) throws IOException {
        check(file);
        return SteadyRead.of(file);
    }

    /** Likewise as UTF-8; bytes that are none are replaced. */
    public static String text(Path file) throws IOException {
        return new String(read(file), StandardCharsets.UTF_8);
    }

    static void check(Path file) throws IOException {
        BasicFileAttributes found = Files.readAttributes(file, BasicFileAttributes.class);
        if (!found.isRegularFile()) {
            throw new DocumentException(
                    file, "is " + (found.isDirectory() ? "a folder" : "a pipe or device") + ", where a file belongs");
        }
        if (found.size() > MOST_BYTES) {
            throw new DocumentException(file, "is too large to be what it should be: " + found.size() + " bytes");
        }
    }
}
