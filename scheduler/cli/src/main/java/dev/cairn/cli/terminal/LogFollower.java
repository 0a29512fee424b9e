package dev.cairn.cli.terminal;

import dev.cairn.files.DurableFiles;
import dev.cairn.files.FileChanges;
import dev.cairn.files.OrdinaryFile;
import dev.cairn.run.mask.MaskedOutput;
import dev.cairn.run.mask.Masks;
import java.io.IOException;
import java.io.OutputStream;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Copies a growing log to a stream. When a resume cuts the log back to its checkpoint, output that the step repeats
 * identically is not shown again. Output that differs is shown from the beginning of its line.
 *
 * <p>Remembers only the last {@value #REMEMBERED} bytes shown; if a log is cut back further, it is shown again from
 * where the memory ends. Secrets that the step's folder masks are shown as {@code ***}. A {@link Screen} is first set
 * to the terminal modes that apply where the shown part of the log begins. Confined to one thread.
 */
public final class LogFollower {
    private static final int REMEMBERED = 1 << 18;
    /** Enough bytes to notice that a log was cut and has since grown past the former position. */
    private static final int CHECKED = 4096;

    private final Path log;
    private final OutputStream out;
    private final MaskedOutput masked;
    private final FileChanges changes;
    private final @Nullable Screen screen;
    private final @Nullable Path memory;
    private final byte[] buffer = new byte[1 << 16];
    private byte[] shown = new byte[0];
    /** {@link #shown} ends here. */
    private long position;
    /** Whether the next output does not continue at the current position of the screen. */
    private boolean elsewhere = true;
    /** The {@link #position} at which {@link #memory} was written. */
    private long keptAt = -1;

    /** @param log the log, which need not exist yet */
    public LogFollower(Path log, OutputStream out) {
        this(log, out, null);
    }

    /**
     * @param log the log, which need not exist yet
     * @param memory a file for the part that a resume may cut off, for the next follower; null to keep nothing
     */
    public LogFollower(Path log, OutputStream out, @Nullable Path memory) {
        this.log = log;
        this.out = out;
        this.masked = new MaskedOutput(out);
        this.changes = new FileChanges(log);
        this.screen = out instanceof Screen terminal ? terminal : null;
        this.memory = memory;
    }

    /** Counts everything before this offset as shown, as far as it exists or was kept. */
    public void skipTo(long offset) throws IOException {
        if (Files.isRegularFile(log)) {
            long length = Files.size(log);
            if (offset <= length || !recall(offset)) {
                startAt(Math.min(offset, length));
            }
            keep();
        }
    }

    /** The offset up to which the log was shown. */
    public long position() {
        return position;
    }

    /** Counts everything but the last lines as shown. */
    public void skipToLast(int lines) throws IOException {
        if (Files.isRegularFile(log)) {
            startAt(LastLines.offset(log, lines));
        }
    }

    private void startAt(long offset) throws IOException {
        try (RandomAccessFile file = new RandomAccessFile(log.toFile(), "r")) {
            position = offset;
            shown = read(file, Math.max(0, offset - REMEMBERED), (int) Math.min(offset, REMEMBERED));
        }
    }

    private boolean recall(long offset) throws IOException {
        if (memory == null || !Files.exists(memory)) {
            return false;
        }
        ByteBuffer kept = ByteBuffer.wrap(OrdinaryFile.readOwn(memory));
        if (kept.remaining() < Long.BYTES || kept.getLong() != offset || kept.remaining() > offset) {
            return false;
        }
        shown = Arrays.copyOfRange(kept.array(), kept.position(), kept.limit());
        position = offset;
        keptAt = offset;
        return true;
    }

    /** Keeps the end of the log for the next follower, before a resume may cut it. */
    public void keep() throws IOException {
        if (memory != null && keptAt != position) {
            ByteBuffer kept = ByteBuffer.allocate(Long.BYTES + shown.length);
            DurableFiles.replaceUnsynced(
                    memory, kept.putLong(position).put(shown).array());
            keptAt = position;
        }
    }

    /** Moves the screen to where the log continues. */
    public void rejoin() throws IOException {
        if (screen != null && Files.isRegularFile(log)) {
            screen.goOnFrom(log, position);
            elsewhere = position > Files.size(log);
        }
    }

    /** Shows the output since the last call. Returns whether there was any. */
    public boolean poll() throws IOException {
        if (!changes.areLikely() || !Files.isRegularFile(log)) {
            return false;
        }
        try (RandomAccessFile file = new RandomAccessFile(log.toFile(), "r")) {
            stepBackToDifference(file);
            boolean any = false;
            Masks masks = file.length() > position ? masks() : Masks.NONE;
            file.seek(position);
            for (int n = file.read(buffer); n > 0; n = file.read(buffer)) {
                if (elsewhere) {
                    rejoin();
                }
                masked.write(masks, buffer, n);
                remember(n);
                position += n;
                any = true;
            }
            if (any) {
                out.flush();
            }
            return any;
        }
    }

    /** Shows the held-back end of an unfinished line, which might have become a secret. No more output follows. */
    public void finish() throws IOException {
        masked.finish(masks());
        out.flush();
    }

    /** Reads the masks. They are written before an attempt begins, so they exist before the log holds a secret. */
    private Masks masks() throws IOException {
        return Masks.read(log.resolveSibling("masks.json"));
    }

    /**
     * Moves back to the first difference between the log and what was shown. A log that is shorter, and equal so far,
     * may still become equal, so it is left alone.
     */
    private void stepBackToDifference(RandomAccessFile file) throws IOException {
        long remembered = position - shown.length;
        long length = file.length();
        if (length < remembered) {
            forgetFrom(length);
        } else if (length < position || differs(file, Math.max(remembered, position - CHECKED))) {
            byte[] now = read(file, remembered, (int) (Math.min(length, position) - remembered));
            int same = Arrays.mismatch(now, 0, now.length, shown, 0, now.length);
            if (same >= 0) {
                forgetFrom(remembered + lineStart(now, same));
            } else if (length < position) {
                keep();
            }
        }
    }

    private boolean differs(RandomAccessFile file, long from) throws IOException {
        int length = (int) (position - from);
        byte[] now = read(file, from, length);
        return !Arrays.equals(now, 0, now.length, shown, shown.length - length, shown.length);
    }

    private static int lineStart(byte[] text, int at) {
        int start = at;
        while (start > 0 && text[start - 1] != '\n') {
            start--;
        }
        return start;
    }

    private void forgetFrom(long offset) {
        int kept = (int) Math.max(0, shown.length - (position - offset));
        shown = Arrays.copyOf(shown, kept);
        position = offset;
        elsewhere = true;
        masked.reset();
    }

    private void remember(int n) {
        int kept = Math.min(shown.length, REMEMBERED - n);
        byte[] longer = Arrays.copyOfRange(shown, shown.length - kept, shown.length + n);
        System.arraycopy(buffer, 0, longer, kept, n);
        shown = longer;
    }

    private static byte[] read(RandomAccessFile file, long from, int length) throws IOException {
        byte[] bytes = new byte[length];
        file.seek(from);
        int n = 0;
        while (n < length) {
            int got = file.read(bytes, n, length - n);
            if (got < 0) {
                return Arrays.copyOf(bytes, n);
            }
            n += got;
        }
        return bytes;
    }
}
