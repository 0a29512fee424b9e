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
 * How far the logs of a command have been shown, kept in a file for the next runner. Written after the showing, so that a death in
 * between repeats a little rather than losing it.
 */
public record ShownMark(Shown out, Shown err) {
    private static final Pattern TEXT = Pattern.compile("(\\d{1,18}) (\\d{1,18})(?: (\\d{1,18}) (\\d{1,18}))?\n");

    /**
     * @param position in the log, up to where it was shown
     * @param length of the file that it was shown in; the position where that was no file
     */
    public record Shown(long position, long length) {

        public static Shown in(OptionalLong file, long position) {
            return new Shown(position, file.orElse(position));
        }

        /** Where to continue showing the log: a file that was cut since has lost what was shown. */
        public long next(OptionalLong file) {
            return file.isPresent() && file.getAsLong() < length ? 0 : position;
        }
    }

    /** Empty if nothing was ever shown, or if the file is not a mark. */
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

    /** By a single call as a rule, since a death before it shows again what was shown. Not made durable: it matters to the eye only. */
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
