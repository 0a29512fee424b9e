package dev.cairn.run.internal.step;

import dev.cairn.files.OrdinaryFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Iterator;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Reads {@code $CAIRN_OUTPUT}: lines {@code NAME=VALUE}, or {@code NAME<<WORD}, the lines of the value, and {@code
 * WORD}, as in GitHub Actions. The last value of a name counts. Stateless; any thread.
 */
final class OutputTexts {
    private static final long MOST_BYTES = 1 << 20;
    private static final Pattern LINE = Pattern.compile("([A-Za-z_][A-Za-z0-9_-]*)(=|<<)(.*)", Pattern.DOTALL);

    private OutputTexts() {}

    /** The step has written a line in another form. */
    static final class UnfitException extends Exception {
        private static final long serialVersionUID = 1;

        UnfitException(String message) {
            super(message);
        }
    }

    /** @param declared names of the outputs; other names are ignored */
    static Map<String, String> read(Path file, Set<String> declared) throws IOException, UnfitException {
        Map<String, String> values = new HashMap<>();
        if (declared.isEmpty()) {
            return values;
        }
        try {
            if (Files.size(file) > MOST_BYTES) {
                throw new UnfitException("$CAIRN_OUTPUT is longer than " + (MOST_BYTES >> 10)
                        + " KiB; write a file, and name it under outputs");
            }
            Iterator<String> lines = OrdinaryFile.ownText(file).lines().iterator();
            while (lines.hasNext()) {
                take(lines, values);
            }
        } catch (NoSuchFileException none) {
            return values;
        }
        values.keySet().retainAll(declared);
        return values;
    }

    private static void take(Iterator<String> lines, Map<String, String> values) throws UnfitException {
        String line = lines.next();
        if (line.isBlank()) {
            return;
        }
        Matcher parts = LINE.matcher(line);
        if (!parts.matches()) {
            throw new UnfitException("a line of $CAIRN_OUTPUT is neither NAME=VALUE nor NAME<<WORD: " + shown(line));
        }
        values.put(
                parts.group(1),
                parts.group(2).equals("=") ? parts.group(3) : until(parts.group(3), parts.group(1), lines));
    }

    private static String until(String word, String name, Iterator<String> lines) throws UnfitException {
        StringBuilder value = new StringBuilder();
        while (lines.hasNext()) {
            String line = lines.next();
            if (line.equals(word)) {
                return value.toString();
            }
            value.append(value.isEmpty() ? "" : "\n").append(line);
        }
        throw new UnfitException(
                "the value of " + name + " in $CAIRN_OUTPUT does not end with the line " + shown(word));
    }

    private static String shown(String text) {
        return "\"" + (text.length() > 60 ? text.substring(0, 60) + "..." : text) + "\"";
    }
}
