package dev.cairn.cli.terminal;

import dev.cairn.files.DurableFiles;
import dev.cairn.files.OrdinaryFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Optional;

/**
 * How far the logs of a command have been shown, kept in a file for the next runner. Written after the showing, so that a death in
 * between repeats a little rather than losing it.
 */
public record ShownMark(long out, long err) {

    /** Empty when nothing was ever shown, or what is there is not ours. */
    public static Optional<ShownMark> read(Path file) throws IOException {
        try {
            String text = OrdinaryFile.ownText(file);
            return text.matches("[0-9]{1,18} [0-9]{1,18}\n") ? Optional.of(parse(text.strip())) : Optional.empty();
        } catch (NoSuchFileException never) {
            return Optional.empty();
        }
    }

    private static ShownMark parse(String text) {
        int blank = text.indexOf(' ');
        return new ShownMark(Long.parseLong(text.substring(0, blank)), Long.parseLong(text.substring(blank + 1)));
    }

    /** Not made durable: it matters to the eye only. */
    public void write(Path file) throws IOException {
        DurableFiles.replaceUnsynced(file, (out + " " + err + "\n").getBytes(StandardCharsets.US_ASCII));
    }
}
