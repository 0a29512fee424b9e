package dev.cairn.cli.terminal;

import dev.cairn.files.DurableFiles;
import dev.cairn.files.OrdinaryFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Records in a file how far the logs of a command have been shown, for the next runner. It is written after the
 * showing, so that a death in between repeats a little output rather than losing it.
 */
public record ShownMark(Shown out, Shown err) {
    private static final Pattern TEXT = Pattern.compile("(\\d{1,18}) (\\d{1,18})(?: (\\d{1,18}) (\\d{1,18}))?\n");

    /**
     * @param position the offset in the log up to which it was shown
     * @param length the length of the output file; the position if the output was no file
     */
    public record Shown(long position, long length) {

        public static Shown in(OptionalLong file, long position) {
            return new Shown(position, file.orElse(position));
        }

        /** Where to continue showing the log. If the output file was cut since, the lost part is shown again. */
        public long next(OptionalLong file) {
            return file.isPresent() && file.getAsLong() < length ? 0 : position;
        }
    }

    /** Empty if nothing was ever shown, or if the file is no valid mark. */
    public static Optional<ShownMark> read(Path file) throws IOException {
        try {
            Matcher found = TEXT.matcher(OrdinaryFile.ownText(file));
            return found.matches() ? Optional.of(parse(found)) : Optional.empty();
        } catch (NoSuchFileException never) {
            return Optional.empty();
        }
    }

    private static ShownMark parse(Matcher found) {
        boolean withLengths = found.group(3) != null;
        return new ShownMark(
                new Shown(number(found, 1), number(found, withLengths ? 3 : 1)),
                new Shown(number(found, 2), number(found, withLengths ? 4 : 2)));
    }

    private static long number(Matcher found, int group) {
        return Long.parseLong(found.group(group));
    }

    /**
     * Usually written by a single call, because a death before it repeats output. Not made durable, because it only
     * affects the display.
     */
    public void write(Path file) throws IOException {
        byte[] text = String.format("%018d %018d %018d %018d\n", out.position, err.position, out.length, err.length)
                .getBytes(StandardCharsets.US_ASCII);
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS)) {
            if (channel.size() == text.length) {
                channel.write(ByteBuffer.wrap(text), 0);
                return;
            }
        } catch (NoSuchFileException first) {
            // made below
        }
        DurableFiles.replaceUnsynced(file, text);
    }
}
