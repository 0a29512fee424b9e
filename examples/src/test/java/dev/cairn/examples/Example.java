package dev.cairn.examples;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** A folder with a {@code flow.yaml}, its scripts, and {@code compared.txt}: what a disturbed run is held to. */
record Example(Path folder) {

    /** An example by its name, relative to the module's folder, in which Maven runs the tests. */
    static Example named(String name) {
        return new Example(Path.of(name).toAbsolutePath());
    }

    String name() {
        return folder.getFileName().toString();
    }

    /** Globs, relative to the run's folder. */
    List<String> compared() throws IOException {
        return Files.readAllLines(folder.resolve("compared.txt"));
    }

    /** Variables that its programs need, laid over the fixed ones. */
    Map<String, String> variables() throws IOException, InterruptedException {
        Path requirements = folder.resolve("requirements.txt");
        return Files.exists(requirements)
                ? Map.of("PATH", PythonPackages.of(requirements) + ":" + Cairn.PATH)
                : Map.of();
    }

    @Override
    public String toString() {
        return name();
    }
}
