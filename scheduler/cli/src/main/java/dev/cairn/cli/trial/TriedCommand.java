package dev.cairn.cli.trial;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * The command of a trial.
 *
 * @param words the program and its arguments
 * @param input its input: {@code /dev/null}, or a file
 */
record TriedCommand(List<String> words, Path workingDirectory, Map<String, String> environment, Path input) {
    TriedCommand {
        words = List.copyOf(words);
        environment = Map.copyOf(environment);
    }
}
