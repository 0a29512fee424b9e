package dev.cairn.examples;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;

/** The tests' own class path; where root runs them, a copy that an ordinary user may read. */
final class ReadableClassPath {
    private static String text = "";

    private ReadableClassPath() {}

    /** Entries separated as Java wants them; copied once and deleted when the tests end. */
    static synchronized String text() throws IOException {
        if (text.isEmpty()) {
            String own = System.getProperty("java.class.path");
            text = Caller.isRoot() ? copyOf(own) : own;
        }
        return text;
    }

    private static String copyOf(String classPath) throws IOException {
        Path copy = Files.createTempDirectory("cairn-class-path");
        Files.setPosixFilePermissions(copy, PosixFilePermissions.fromString("rwxr-xr-x"));
        Runtime.getRuntime().addShutdownHook(new Thread(() -> Trees.delete(copy)));
        List<String> entries = new ArrayList<>();
        for (String entry : classPath.split(File.pathSeparator)) {
            Path from = Path.of(entry);
            if (Files.exists(from)) {
                Path to = copy.resolve(entries.size() + "-" + from.getFileName());
                Trees.copy(from, to);
                entries.add(to.toString());
            }
        }
        return String.join(File.pathSeparator, entries);
    }
}
