package dev.cairn.examples;

import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/** Programs from PyPI that an example names in its {@code requirements.txt}. They are installed once for all tests. Thread-safe. */
final class PythonPackages {
    private static final Map<Path, Path> INSTALLED = new HashMap<>();

    private PythonPackages() {}

    /** Installs what a file of requirements names. Returns the folder of its programs, which every user can read. */
    static synchronized Path of(Path requirements) throws IOException, InterruptedException {
        Path known = INSTALLED.get(requirements);
        if (known == null) {
            Path folder = Rooms.next("python");
            command("/usr/bin/python3", "-m", "venv", folder.toString());
            known = folder.resolve("bin");
            command(known.resolve("pip").toString(), "install", "--quiet", "--requirement", requirements.toString());
            INSTALLED.put(requirements, known);
        }
        return known;
    }

    private static void command(String... words) throws IOException, InterruptedException {
        int code = new ProcessBuilder(words).inheritIO().start().waitFor();
        if (code != 0) {
            throw new AssertionError(String.join(" ", words) + " ended with " + code);
        }
    }
}
