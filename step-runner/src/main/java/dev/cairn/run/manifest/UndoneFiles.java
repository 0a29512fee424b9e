package dev.cairn.run.manifest;

import dev.cairn.files.Presence;
import dev.cairn.workflow.value.Sizes;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Optional;

/**
 * The files that the resume of an attempt moved away or truncated, except the step's logs. They stay in the attempt's
 * folder.
 *
 * @param bytes their total size
 * @param path the folder that holds them, each as N and its absolute path
 */
public record UndoneFiles(long files, long bytes, Path path) {
    private static final String FOLDER = "undone";

    /** Empty if nothing was rolled back. */
    public static Optional<UndoneFiles> of(StepFolder step, int attempt) throws IOException {
        Path folder = step.attempt(attempt).resolve(FOLDER);
        if (!Presence.isFolder(folder, LinkOption.NOFOLLOW_LINKS)) {
            return Optional.empty();
        }
        Counter counter = new Counter(folder, step);
        Files.walkFileTree(folder, counter);
        return counter.files == 0
                ? Optional.empty()
                : Optional.of(new UndoneFiles(counter.files, counter.bytes, folder));
    }

    /** For a person: {@code 3 files, 1.2 KiB}. */
    public static String text(long files, long bytes) {
        return (files == 1 ? "1 file" : files + " files") + ", " + Sizes.text(bytes);
    }

    /** As {@link #of}, for views, which cannot otherwise report an unreadable folder. */
    public static Optional<UndoneFiles> shown(StepFolder step, int attempt) {
        try {
            return of(step, attempt);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static final class Counter extends SimpleFileVisitor<Path> {
        private final Path folder;
        private final StepFolder step;
        private long files;
        private long bytes;

        private Counter(Path folder, StepFolder step) {
            this.folder = folder;
            this.step = step;
        }

        @Override
        public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
            Path inside = folder.relativize(file);
            Path place = Path.of("/").resolve(inside.subpath(1, inside.getNameCount()));
            if (!isOf(step.stdout(), place) && !isOf(step.stderr(), place)) {
                files++;
                bytes += attributes.isRegularFile() ? attributes.size() : 0;
            }
            return FileVisitResult.CONTINUE;
        }

        /** Whether it is the log itself or a part of it. */
        private static boolean isOf(Path log, Path place) {
            return place.equals(log) || place.toString().startsWith(log + ".from-");
        }

        /** The file may be gone because a runner is moving it. */
        @Override
        public FileVisitResult visitFileFailed(Path file, IOException e) {
            return FileVisitResult.CONTINUE;
        }
    }
}
