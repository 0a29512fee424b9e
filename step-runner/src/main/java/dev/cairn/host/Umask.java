package dev.cairn.host;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** This process's file mode creation mask, which Java does not offer. */
public final class Umask {
    private static final String FIELD = "Umask:";
    private static final int USUAL = 022;

    private Umask() {}

    /** Used if {@code /proc} does not show the mask. */
    public static int current() throws IOException {
        return Files.readAllLines(Path.of("/proc/self/status")).stream()
                .filter(line -> line.startsWith(FIELD))
                .map(line -> Integer.parseInt(line.substring(FIELD.length()).strip(), 8))
                .findFirst()
                .orElse(USUAL);
    }
}
