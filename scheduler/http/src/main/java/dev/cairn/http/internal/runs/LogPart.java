package dev.cairn.http.internal.runs;

import dev.cairn.files.OrdinaryFile;
import dev.cairn.files.Presence;
import dev.cairn.run.manifest.StepFolder;
import dev.cairn.run.mask.Masks;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Path;

/**
 * A part of a step's log, with secrets masked. Offsets are those of the file, so that parts fit together; a mask may be
 * longer or shorter than its secret. Immutable.
 *
 * @param from offset of the first byte
 * @param next offset behind the last byte
 * @param size size of the whole log at that time
 */
public record LogPart(long from, long next, long size, byte[] text) {
    /** The maximum size of a part in bytes. */
    public static final int MOST = 256 * 1024;

    /** Which of a step's two logs. */
    public static Path file(StepFolder step, boolean stderr) {
        return stderr ? step.stderr() : step.stdout();
    }

    /** @param from beyond the end gives an empty part at the end */
    public static LogPart read(StepFolder step, boolean stderr, long from, int atMost) throws IOException {
        return read(step, stderr, from, atMost, false);
    }

    /**
     * @param grows whether the log grows, so that the end of an unfinished line that could begin a secret is held back
     */
    public static LogPart read(StepFolder step, boolean stderr, long from, int atMost, boolean grows)
            throws IOException {
        Path file = file(step, stderr);
        if (!Presence.isThere(file)) {
            return new LogPart(0, 0, 0, new byte[0]);
        }
        OrdinaryFile.checkOwn(file);
        Masks masks = Masks.read(step.masks());
        try (RandomAccessFile log = new RandomAccessFile(file.toFile(), "r")) {
            long size = log.length();
            long start = Math.min(from, size);
            long end = Math.min(size, start + Math.min(atMost, MOST));
            int around = Math.max(0, masks.longest() - 1);
            long windowStart = Math.max(0, start - around);
            byte[] window = new byte[(int) (Math.min(size, end + around) - windowStart)];
            log.seek(windowStart);
            log.readFully(window);
            if (grows && end == size) {
                end = Math.max(start, end - unfinished(window, around));
            }
            return new LogPart(
                    start, end, size, shown(window, masks, (int) (start - windowStart), (int) (end - windowStart)));
        }
    }

    /** The number of bytes behind the last line end, up to a limit. */
    private static int unfinished(byte[] text, int atMost) {
        int length = 0;
        while (length < Math.min(atMost, text.length) && text[text.length - 1 - length] != '\n') {
            length++;
        }
        return length;
    }

    /** The part up to the last line end; the whole part if no line ends in it. */
    public static LogPart wholeLines(StepFolder step, boolean stderr, long from) throws IOException {
        byte[] bytes = raw(step, stderr, from, MOST);
        int length = bytes.length;
        while (length > 0 && bytes[length - 1] != '\n') {
            length--;
        }
        return read(step, stderr, from, length == 0 && bytes.length == MOST ? MOST : length);
    }

    /** The unmasked bytes of the file, which must not be shown. */
    static byte[] raw(StepFolder step, boolean stderr, long from, int length) throws IOException {
        Path file = file(step, stderr);
        if (!Presence.isThere(file)) {
            return new byte[0];
        }
        OrdinaryFile.checkOwn(file);
        try (RandomAccessFile log = new RandomAccessFile(file.toFile(), "r")) {
            byte[] bytes = new byte[(int) Math.max(0, Math.min(length, log.length() - from))];
            log.seek(from);
            log.readFully(bytes);
            return bytes;
        }
    }

    private static byte[] shown(byte[] window, Masks masks, int from, int to) {
        boolean[] hidden = masks.find(window, window.length);
        ByteArrayOutputStream text = new ByteArrayOutputStream(to - from);
        for (int i = from; i < to; i++) {
            if (!hidden[i]) {
                text.write(window[i]);
            } else if (i == 0 || !hidden[i - 1]) {
                text.writeBytes(new byte[] {'*', '*', '*'});
            }
        }
        return text.toByteArray();
    }
}
