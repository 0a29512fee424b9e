package dev.cairn.files;

import java.io.FileOutputStream;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Writes files so that a power cut or a kill leaves either the old or the new state.
 *
 * <p>The order is always: write the content, sync the file, give it its name, sync the folder. Folders are 0700 and
 * files 0600 from the first byte. Stateless; any thread.
 */
public final class DurableFiles {
    private static final FileAttribute<Set<PosixFilePermission>> PRIVATE_FILE =
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));
    private static final FileAttribute<Set<PosixFilePermission>> PRIVATE_FOLDER =
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));

    private DurableFiles() {}

    /** Replaces {@code file} by {@code content}. A reader sees the old or the new content, never a mixture. */
    public static void replace(Path file, byte[] content) throws IOException {
        move(writeBeside(file, content, true), file);
        syncFolder(folderOf(file));
    }

    /** Like {@link #replace}, but a power cut may bring back the old content: for files that are written often and soon outdated. */
    public static void replaceUnsynced(Path file, byte[] content) throws IOException {
        move(writeBeside(file, content, false), file);
    }

    /**
     * Overwrites a file of similar length. That needs no new block, so it works even on a full disk. A reader may see a
     * mixture of both contents.
     */
    public static void overwrite(Path file, byte[] content) throws IOException {
        try (RandomAccessFile there = new RandomAccessFile(file.toFile(), "rw")) {
            byte[] padded = Arrays.copyOf(content, (int) Math.max(content.length, there.length()));
            Arrays.fill(padded, content.length, padded.length, (byte) '\n');
            there.write(padded);
        }
    }

    /**
     * Creates {@code file} with its content in one instant, which only one of any number of callers on any number of hosts
     * manages.
     *
     * @return false when the file was there already; it is left alone
     */
    public static boolean createExclusive(Path file, byte[] content) throws IOException {
        Path written = writeBeside(file, content, true);
        try {
            // unlike O_EXCL, link(2) shows the name only with the complete content, and is atomic
            // on NFS too
            Files.createLink(file, written);
        } catch (FileAlreadyExistsException taken) {
            // NFS repeats a call whose answer was lost; then the second call finds the name that
            // the first one made
            if ((int) Files.getAttribute(written, "unix:nlink") == 1) {
                return false;
            }
        } finally {
            deleteQuietly(written);
        }
        syncFolder(folderOf(file));
        return true;
    }

    /** Makes a folder and its missing parents, each 0700 and synced. An existing folder stays as it is. */
    public static void createFolders(Path folder) throws IOException {
        createFolders(folder, true);
    }

    /** As {@link #createFolders}, but a power cut may undo any of them. */
    public static void createFoldersUnsynced(Path folder) throws IOException {
        createFolders(folder, false);
    }

    private static void createFolders(Path folder, boolean sync) throws IOException {
        Deque<Path> missing = new ArrayDeque<>();
        for (Path f = folder.toAbsolutePath(); f != null && !Presence.isFolder(f); f = f.getParent()) {
            missing.push(f);
        }
        for (Path f : missing) {
            try {
                Files.createDirectory(f, PRIVATE_FOLDER);
            } catch (FileAlreadyExistsException raced) {
                if (!Presence.isFolder(f)) {
                    throw raced;
                }
            }
            if (sync) {
                syncFolder(folderOf(f));
            }
        }
    }

    /**
     * Opens a file for appending, and makes it with mode 0600 if it is missing. Every write appends all of its bytes at
     * once.
     */
    static FileOutputStream openForAppend(Path file) throws IOException {
        try {
            Files.createFile(file, PRIVATE_FILE);
        } catch (FileAlreadyExistsException goOnWithIt) {
            // as wanted
        }
        return new FileOutputStream(file.toFile(), true);
    }

    /**
     * Makes the names in a folder durable, even in an interrupted thread. A folder can be opened only as a channel,
     * which an interrupt closes.
     */
    public static void syncFolder(Path folder) throws IOException {
        boolean interrupted = false;
        try {
            while (!syncs(folder)) {
                interrupted |= Thread.interrupted();
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** @return false if the channel was closed because the thread is interrupted */
    private static boolean syncs(Path folder) throws IOException {
        try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
            channel.force(true);
            return true;
        } catch (ClosedByInterruptException closed) {
            return false;
        }
    }

    private static Path writeBeside(Path file, byte[] content, boolean sync) throws IOException {
        Path temporary = folderOf(file).resolve("." + file.getFileName() + "." + UUID.randomUUID() + ".tmp");
        Files.createFile(temporary, PRIVATE_FILE);
        // a stream, because an interrupt would close a channel
        try (FileOutputStream out = new FileOutputStream(temporary.toFile())) {
            out.write(content);
            if (sync) {
                out.getFD().sync();
            }
        } catch (IOException e) {
            deleteQuietly(temporary);
            throw named(file, e.getMessage(), e);
        }
        return temporary;
    }

    /** A leftover temporary file does no harm. */
    private static void deleteQuietly(Path temporary) {
        try {
            Files.deleteIfExists(temporary);
        } catch (IOException left) {
            // the caller reports the earlier failure, or the success
        }
    }

    private static void move(Path written, Path file) throws IOException {
        try {
            Files.move(written, file, StandardCopyOption.ATOMIC_MOVE);
        } catch (FileSystemException e) {
            deleteQuietly(written);
            if (Files.isDirectory(file, LinkOption.NOFOLLOW_LINKS)) { // do not parse the reason:
                // its text depends on the
                // locale
                throw new FileAlreadyExistsException(file.toString(), null, "is a folder, where a file belongs");
            }
            throw named(file, e.getReason(), e);
        }
    }

    /** Names the file: a stream does not say which file it could not write, and a move names the temporary one. */
    private static FileSystemException named(Path file, @Nullable String reason, IOException cause) {
        FileSystemException named = new FileSystemException(file.toString(), null, reason);
        named.initCause(cause);
        return named;
    }

    private static Path folderOf(Path file) {
        Path parent = file.toAbsolutePath().getParent();
        return parent == null ? file : parent;
    }
}
