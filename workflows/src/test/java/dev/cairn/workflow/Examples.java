package dev.cairn.workflow;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/** Where the tests' workflow files are. */
final class Examples {

    private static final Path ROOT = Path.of("src/test/resources/dev/cairn/workflow");

    private Examples() {}

    static Stream<Path> in(String folder) throws IOException {
        try (Stream<Path> files = Files.list(ROOT.resolve(folder))) {
            return files.filter(file -> file.toString().endsWith(".yaml")).sorted().toList().stream();
        }
    }
}
