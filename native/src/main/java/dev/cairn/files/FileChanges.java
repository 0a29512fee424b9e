package dev.cairn.files;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Tells whether files may have changed since the last look, by one {@code stat} of each. So a caller that waits for a
 * change need not read them again and again. A folder changes when a name in it changes. Confined to one thread.
 */
public final class FileChanges {
    /** No file system records the time of a change more exactly: within this time, another change may be invisible. */
    private static final Duration GRAIN = Duration.ofSeconds(2);

    private final LongSupplier clock;
    private final List<Path> files;
    private final Stamp[] last;
    private long changedAt;

    private record Stamp(@Nullable FileTime changed, long size) {
        static final Stamp NEVER_SEEN = new Stamp(null, -2);
        static final Stamp ABSENT = new Stamp(null, -1);
    }

    public FileChanges(Path... files) {
        this(System::nanoTime, files);
    }

    /** @param clock in nanoseconds */
    FileChanges(LongSupplier clock, Path... files) {
        this.clock = clock;
        this.files = List.of(files);
        this.last = new Stamp[files.length];
        Arrays.fill(last, Stamp.NEVER_SEEN);
    }

    /** True at the first look, while a change is recent, and for a file that cannot be examined. */
    public boolean areLikely() {
        long now = clock.getAsLong();
        boolean unseen = false;
        for (int i = 0; i < last.length; i++) {
            try {
                Stamp stamp = look(files.get(i));
                if (!stamp.equals(last[i])) {
                    last[i] = stamp;
                    changedAt = now;
                }
            } catch (IOException e) {
                unseen = true;
            }
        }
        return unseen || now - changedAt < GRAIN.toNanos();
    }

    private static Stamp look(Path file) throws IOException {
        try {
            BasicFileAttributes found = Files.readAttributes(file, BasicFileAttributes.class);
            return new Stamp(found.lastModifiedTime(), found.size());
        } catch (NoSuchFileException absent) {
            return Stamp.ABSENT;
        }
    }
}
