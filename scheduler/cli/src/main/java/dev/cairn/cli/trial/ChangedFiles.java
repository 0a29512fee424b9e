package dev.cairn.cli.trial;

import dev.cairn.files.Presence;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Lists the files that roll-backs had to restore: {@code undone/N/ABSOLUTE PATH}, with {@code .from-OFFSET} for a part
 * of a file.
 */
final class ChangedFiles {
    private static final Pattern PART = Pattern.compile("(.*)\\.from-[0-9]+");

    private ChangedFiles() {}

    /** @param undone the folder of that name of an attempt, which need not exist */
    static List<Path> undone(Path undone) throws IOException {
        if (!Presence.isFolder(undone, LinkOption.NOFOLLOW_LINKS)) {
            return List.of();
        }
        try (Stream<Path> inside = Files.walk(undone)) {
            return inside.filter(ChangedFiles::isNoFolder)
                    .map(undone::relativize)
                    .filter(path -> path.getNameCount() > 1)
                    .map(path -> whole(Path.of("/").resolve(path.subpath(1, path.getNameCount()))))
                    .toList();
        }
    }

    private static boolean isNoFolder(Path path) {
        try {
            return !Presence.isFolder(path, LinkOption.NOFOLLOW_LINKS);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Path whole(Path path) {
        Matcher part = PART.matcher(path.toString());
        return part.matches() ? Path.of(part.group(1)) : path;
    }
}
