package dev.cairn.run.internal.reuse;

import dev.cairn.files.Digests;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.security.MessageDigest;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;

/**
 * The SHA-256 of the content of a file, or of a folder with all its files, their names and their executable bits.
 * Confined to one thread.
 */
final class ContentDigest {
    /** The digest of a missing file. */
    static final String ABSENT = "absent";

    private static final int BUFFER = 1 << 16;
    private static final long MOST_FILES = 1_000_000;

    private final BooleanSupplier giveUp;
    private long files;

    /** @param giveUp called again and again; true ends the work with a {@link GivenUpException} */
    ContentDigest(BooleanSupplier giveUp) {
        this.giveUp = giveUp;
    }

    /** The work was cut short for a more urgent command. */
    static final class GivenUpException extends IOException {
        private static final long serialVersionUID = 1;
    }

    /**
     * @return {@link #ABSENT} if there is nothing
     * @throws IOException if it cannot be read, or is neither a file nor a folder
     */
    String of(Path path) throws IOException {
        MessageDigest digest = Digests.sha256();
        try {
            add(path, digest);
        } catch (NoSuchFileException gone) {
            if (gone.getFile().equals(path.toString())) {
                return ABSENT;
            }
            throw gone;
        }
        return Digests.text(digest.digest());
    }

    private void add(Path path, MessageDigest digest) throws IOException {
        PosixFileAttributes found = Files.readAttributes(path, PosixFileAttributes.class);
        if (found.isRegularFile()) {
            digest.update((byte) (found.permissions().contains(PosixFilePermission.OWNER_EXECUTE) ? 'x' : 'f'));
            addFile(path, digest);
        } else if (found.isDirectory()) {
            addFolder(path, digest);
        } else {
            throw new FileSystemException(path.toString(), null, "is neither a file nor a folder");
        }
    }

    private void addFile(Path file, MessageDigest digest) throws IOException {
        byte[] buffer = new byte[BUFFER];
        try (InputStream in = Files.newInputStream(file)) {
            for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
                if (giveUp.getAsBoolean()) {
                    throw new GivenUpException();
                }
                digest.update(buffer, 0, count);
            }
        }
    }

    /** Each entry has a digest of its own, so that neighbouring entries cannot be confused. */
    private void addFolder(Path folder, MessageDigest digest) throws IOException {
        digest.update((byte) 'd');
        for (Path entry : entries(folder)) {
            if (++files > MOST_FILES) {
                throw new FileSystemException(folder.toString(), null, "has more than " + MOST_FILES + " files");
            }
            digest.update(Digests.sha256().digest(bytes(String.valueOf(entry.getFileName()))));
            MessageDigest own = Digests.sha256();
            if (Files.isSymbolicLink(entry)) {
                own.update((byte) 'l');
                own.update(bytes(Files.readSymbolicLink(entry).toString()));
            } else {
                add(entry, own);
            }
            digest.update(own.digest());
        }
    }

    private static List<Path> entries(Path folder) throws IOException {
        try (Stream<Path> entries = Files.list(folder)) {
            return entries.sorted().toList();
        }
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    /** Whether a name exists, even as a link that leads nowhere. */
    static boolean isTaken(Path path) throws IOException {
        try {
            Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
            return true;
        } catch (NoSuchFileException free) {
            return false;
        }
    }
}
