package dev.cairn.http.internal.runs;

import dev.cairn.run.manifest.StepFolder;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;

/**
 * Follows a growing log by its offsets. A resume may cut the log back, so that other text follows an offset. Confined
 * to one thread.
 */
public final class LogTail {
    private static final int REMEMBERED = 4096;

    private final StepFolder step;
    private final boolean stderr;
    private long position;
    private byte[] before = new byte[0];

    /** @param from the offset up to which the log was shown */
    public LogTail(StepFolder step, boolean stderr, long from) throws IOException {
        this.step = step;
        this.stderr = stderr;
        this.position = from;
        remember();
    }

    /**
     * The new part of the log.
     *
     * @param cut the log was cut: discard what was shown from {@code from} on
     */
    public record News(boolean cut, long from, long next, String text) {}

    /**
     * Reads the new part; empty if there is none.
     *
     * @param grows whether more may come
     */
    public Optional<News> next(boolean grows) throws IOException {
        byte[] there = LogPart.raw(step, stderr, Math.max(0, position - before.length), before.length);
        if (!Arrays.equals(there, before)) {
            // only the last part of a cut log is remembered: a shorter log was shown up to its end, otherwise all is
            // shown again
            long size = LogPart.read(step, stderr, 0, 0).size();
            position = size < position ? size : 0;
            remember();
            return Optional.of(new News(true, position, position, ""));
        }
        LogPart part = LogPart.read(step, stderr, position, LogPart.MOST, grows);
        int whole = grows ? wholeCharacters(part.text()) : part.text().length;
        if (part.next() == part.from() || whole == 0) {
            return Optional.empty();
        }
        long next = part.next() - (part.text().length - whole);
        News news = new News(false, position, next, new String(part.text(), 0, whole, StandardCharsets.UTF_8));
        position = next;
        remember();
        return Optional.of(news);
    }

    private void remember() throws IOException {
        int length = (int) Math.min(position, REMEMBERED);
        before = LogPart.raw(step, stderr, position - length, length);
    }

    /** Leaves out an incomplete character at the end. */
    private static int wholeCharacters(byte[] text) {
        int end = text.length;
        int start = end;
        while (start > 0 && end - start < 3 && (text[start - 1] & 0xc0) == 0x80) {
            start--;
        }
        if (start == 0) {
            return end;
        }
        int first = text[start - 1] & 0xff;
        int length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0xc0 ? 2 : 1;
        return length > end - start + 1 ? start - 1 : end;
    }
}
