package dev.cairn.workflow.resolve;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileSystems;
import java.nio.file.FileVisitOption;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.util.List;
import java.util.regex.PatternSyntaxException;
import java.util.stream.Stream;

/** Finds the files whose paths match a pattern; {@code **} crosses folders. Stateless; any thread. */
final class Globs {
    private static final String MAGIC = "*?[{";
    private static final int MOST_VISITED = 1_000_000;
    private static final int DEEPEST = 64;

    private Globs() {}

    /** Whether a text has a character that makes it a pattern. */
    static boolean isPattern(String text) {
        return text.chars().anyMatch(c -> MAGIC.indexOf(c) >= 0);
    }

    /**
     * @param folder the folder for a relative pattern
     * @return the files, without folders, sorted; relative if the pattern is
     */
    static List<String> of(Path folder, String pattern) throws IOException {
        Path start = start(pattern);
        PathMatcher matcher;
        try {
            matcher = FileSystems.getDefault().getPathMatcher("glob:" + pattern);
        } catch (PatternSyntaxException e) {
            throw new IOException("not a pattern: " + e.getDescription(), e);
        }
        Path from = folder.resolve(start);
        if (!from.toFile().isDirectory()) {
            throw new IOException("there is no folder " + from);
        }
        int depth = pattern.contains("**") ? DEEPEST : Path.of(pattern).getNameCount() - start.getNameCount() + 1;
        try (Stream<Path> found = Files.walk(from, depth, FileVisitOption.FOLLOW_LINKS)) {
            return found.limit(MOST_VISITED)
                    .filter(path -> matcher.matches(shown(folder, path, pattern)))
                    .filter(path -> !path.toFile().isDirectory())
                    .map(path -> shown(folder, path, pattern).toString())
                    .sorted()
                    .toList();
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }

    /** The fixed folders before the first part of the pattern with a special character. */
    private static Path start(String pattern) {
        int slash = -1;
        for (int i = 0; i < pattern.length() && MAGIC.indexOf(pattern.charAt(i)) < 0; i++) {
            slash = pattern.charAt(i) == '/' ? i : slash;
        }
        return slash < 0 ? Path.of("") : slash == 0 ? Path.of("/") : Path.of(pattern.substring(0, slash));
    }

    private static Path shown(Path folder, Path path, String pattern) {
        return pattern.startsWith("/") ? path : folder.relativize(path);
    }
}
