package dev.cairn.examples;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Copies and compares folders. */
final class Trees {
    private Trees() {}

    static void copy(Path from, Path to) throws IOException {
        try (Stream<Path> paths = Files.walk(from)) {
            for (Path path : (Iterable<Path>) paths::iterator) {
                Path target = to.resolve(from.relativize(path).toString());
                if (Files.isDirectory(path)) {
                    Files.createDirectories(target);
                } else {
                    Files.copy(path, target);
                }
            }
        }
    }

    static void delete(Path folder) {
        try (Stream<Path> paths = Files.walk(folder)) {
            for (Path path : (Iterable<Path>) paths.sorted(Comparator.reverseOrder())::iterator) {
                Files.delete(path);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * What two folders do not have in common.
     *
     * @param globs which files count, relative to the folders
     * @return a line for each file that is missing on one side, or differs
     */
    static List<String> differences(Path expected, Path actual, List<String> globs) throws IOException {
        SortedSet<Path> inExpected = files(expected, globs);
        SortedSet<Path> inActual = files(actual, globs);
        SortedSet<Path> all = new TreeSet<>(inExpected);
        all.addAll(inActual);
        List<String> differences = new ArrayList<>();
        for (Path file : all) {
            if (!inActual.contains(file)) {
                differences.add(file + " is missing");
            } else if (!inExpected.contains(file)) {
                differences.add(file + " is too much");
            } else {
                long at = Files.mismatch(expected.resolve(file), actual.resolve(file));
                if (at >= 0) {
                    differences.add(file + " differs from byte " + at);
                }
            }
        }
        return differences;
    }

    /** The files in a folder that match one of the globs, relative to it, without empty logs. */
    static SortedSet<Path> files(Path folder, List<String> globs) throws IOException {
        List<PathMatcher> matchers = globs.stream()
                .map(glob -> FileSystems.getDefault().getPathMatcher("glob:" + glob))
                .toList();
        try (Stream<Path> paths = Files.walk(folder)) {
            return paths.filter(Files::isRegularFile)
                    .filter(file -> !isEmptyLog(file))
                    .map(folder::relativize)
                    .filter(file -> matchers.stream().anyMatch(matcher -> matcher.matches(file)))
                    .collect(Collectors.toCollection(TreeSet::new));
        }
    }

    /** A step that succeeds removes its empty logs, unless it is killed at that instant. */
    private static boolean isEmptyLog(Path file) {
        return file.toString().endsWith(".log") && file.toFile().length() == 0;
    }
}
