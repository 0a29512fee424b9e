package dev.cairn.cli.trial;

import dev.cairn.run.view.JsonObject;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;

/**
 * Compares one output stream of a killed and resumed command with that of an undisturbed run.
 *
 * @param name the name of the stream
 * @param lines number of equal lines
 * @param difference the first difference; empty if there is none
 */
record OutputComparison(String name, State state, long lines, Optional<String> difference) {
    private static final int SHOWN = 60;

    enum State {
        SAME,
        DIFFERS,
        /** Two undisturbed runs differ too, so the cause of a difference is unknown. */
        VARIES
    }

    /** @param whole whether both commands have ended; if not, one may have come further than the other */
    static OutputComparison of(String name, Path undisturbed, Path killed, boolean whole) throws IOException {
        long at = Files.mismatch(undisturbed, killed);
        long common = Math.min(Files.size(undisturbed), Files.size(killed));
        if (at < 0 || (at == common && !whole)) {
            return new OutputComparison(name, State.SAME, lines(undisturbed, common), Optional.empty());
        }
        long lines = lines(undisturbed, at);
        return new OutputComparison(
                name,
                State.DIFFERS,
                lines,
                Optional.of("from line " + (lines + 1) + ": \"" + line(killed, lines) + "\" instead of \""
                        + line(undisturbed, lines) + "\""));
    }

    /** The same for a command whose undisturbed runs differ, too. */
    OutputComparison varying() {
        return new OutputComparison(name, State.VARIES, lines, difference);
    }

    boolean differs() {
        return state == State.DIFFERS;
    }

    String words() {
        return switch (state) {
            case SAME -> lines == 0 ? "nothing to compare" : "the same as undisturbed, " + lines + " lines";
            case DIFFERS -> "differs from undisturbed " + difference.orElse("");
            case VARIES -> "differs from run to run by itself, so nothing can be concluded";
        };
    }

    JsonObject json() {
        return new JsonObject()
                .put("stream", name)
                .put("state", state.name().toLowerCase(Locale.ROOT))
                .put("lines", lines)
                .put("difference", difference);
    }

    /** How many lines end before that byte. */
    private static long lines(Path file, long end) throws IOException {
        long lines = 0;
        try (InputStream in = new BufferedInputStream(Files.newInputStream(file))) {
            for (long at = 0; at < end; at++) {
                lines += in.read() == '\n' ? 1 : 0;
            }
        }
        return lines;
    }

    /** The beginning of a line, counted from 0. */
    private static String line(Path file, long number) throws IOException {
        try (InputStream in = new BufferedInputStream(Files.newInputStream(file))) {
            for (long line = 0; line < number; ) {
                line += in.read() == '\n' ? 1 : 0;
            }
            String text = new String(in.readNBytes(SHOWN), StandardCharsets.UTF_8);
            int end = text.indexOf('\n');
            return end < 0 ? text : text.substring(0, end);
        }
    }
}
