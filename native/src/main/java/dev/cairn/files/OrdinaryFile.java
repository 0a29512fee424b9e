package dev.cairn.files;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Reads a file that must be an ordinary one of sensible size, and refuses any other: reading a pipe could block for
 * ever. Waits out temporary errors, as {@link SteadyRead} does. Stateless; any thread.
 */
public final class OrdinaryFile {
    private static final long MOST_BYTES = 512L << 20;

    private OrdinaryFile() {}

    /**
     * @throws DocumentException if it is a folder, a pipe, a device, or too large
     * @throws java.nio.file.NoSuchFileException if there is no such file
     */
    public static byte[] read(Path file) throws IOException {
        return SteadyRead.of(() -> {
            check(file, FileOwner.behind(file));
            return Files.readAllBytes(file);
        });
    }

    /** The same as UTF-8 text; invalid bytes are replaced. */
    public static String text(Path file) throws IOException {
        return new String(read(file), StandardCharsets.UTF_8);
    }

    /**
     * Reads what only Cairn writes, such as the documents of a run.
     *
     * @throws UntrustedException when another user could have written it
     */
    public static byte[] readOwn(Path file) throws IOException {
        return SteadyRead.of(() -> {
            checkOwn(file);
            return Files.readAllBytes(file);
        });
    }

    /** The same for a caller that reads in parts. */
    public static void checkOwn(Path file) throws IOException {
        FileOwner found = FileOwner.behind(file);
        check(file, found);
        Trust.ofThisProcess().checkOwn(file, found);
    }

    /** The same as UTF-8 text; invalid bytes are replaced. */
    public static String ownText(Path file) throws IOException {
        return new String(readOwn(file), StandardCharsets.UTF_8);
    }

    /**
     * Reads a file that a workflow names, under the rule of {@link Trust#checkNamed}.
     *
     * @param by the file or folder that the user has named
     * @throws UntrustedException when anybody else could write or replace it
     */
    public static byte[] readNamed(Path file, Path by) throws IOException {
        return Trust.ofThisProcess().readingNamed(file, by, () -> read(file));
    }

    /**
     * Reads a shared file under the rule of {@link Trust#checkShared}, or a file that the shared file names, under the
     * rule of {@link Trust#checkNamed}. Returns UTF-8 text.
     *
     * @param by the shared file; may be {@code file} itself
     * @throws UntrustedException when anybody else could write or replace it
     */
    public static String sharedText(Path file, Path by) throws IOException {
        Trust trust = Trust.ofThisProcess();
        return file.equals(by)
                ? trust.readingShared(file, () -> text(file))
                : trust.readingNamed(file, by, () -> text(file));
    }

    /**
     * Reads a file that gives instructions, under the rule of {@link Trust#check}, as UTF-8 text.
     *
     * @throws UntrustedException when anybody else could write or replace it
     */
    public static String trustedText(Path file) throws IOException {
        return Trust.ofThisProcess().reading(file, () -> text(file));
    }

    private static void check(Path file, FileOwner found) throws DocumentException {
        if (!found.isOrdinary()) {
            throw new DocumentException(
                    file, "is " + (found.isFolder() ? "a folder" : "a pipe or device") + ", where a file belongs");
        }
        if (found.size() > MOST_BYTES) {
            throw new DocumentException(file, "is too large to be what it should be: " + found.size() + " bytes");
        }
    }
}
