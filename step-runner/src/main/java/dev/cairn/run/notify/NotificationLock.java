package dev.cairn.run.notify;

import dev.cairn.run.manifest.RunFolder;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The right to send a run's notifications: one process holds it, and its death releases it. It is separate from the ownership of the
 * run, so that a slow receiver does not block a resume. Thread-safe.
 */
final class NotificationLock implements AutoCloseable {
    /**
     * This process holds the file open only once: with a second open, the first close would lose the lock (fcntl(2),
     * "Record locks").
     */
    private static final Set<Path> HELD_HERE = ConcurrentHashMap.newKeySet();

    private final Path file;
    private final FileChannel channel;

    private NotificationLock(Path file, FileChannel channel) {
        this.file = file;
        this.channel = channel;
    }

    /** @return empty if another process holds it */
    static Optional<NotificationLock> tryTake(RunFolder run) throws IOException {
        Path file = run.path().resolve("notify.lock");
        if (!HELD_HERE.add(file)) {
            return Optional.empty();
        }
        @Nullable FileChannel locked = null;
        try {
            locked = lock(file);
        } finally {
            if (locked == null) {
                HELD_HERE.remove(file);
            }
        }
        return Optional.ofNullable(locked).map(channel -> new NotificationLock(file, channel));
    }

    private static @Nullable FileChannel lock(Path file) throws IOException {
        FileChannel channel = FileChannel.open(
                file,
                Set.of(StandardOpenOption.CREATE, StandardOpenOption.WRITE),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        @Nullable FileLock lock = null;
        try {
            lock = channel.tryLock();
        } finally {
            if (lock == null) {
                channel.close();
            }
        }
        return lock == null ? null : channel;
    }

    @Override
    public void close() throws IOException {
        channel.close();
        HELD_HERE.remove(file);
    }
}
