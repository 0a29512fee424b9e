package dev.cairn.workflow.resolve;

import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A file of {@code NAME=VALUE} lines. Empty lines and lines that begin with {@code #} are skipped, {@code export} before
 * a name too. A value in quotes loses them, and in double quotes {@code \n}, {@code \"} and {@code \\} are what they are
 * in C; nothing else is expanded.
 */
final class EnvFile {

    private static final Pattern LINE = Pattern.compile("(?:export\\s+)?([A-Za-z_][A-Za-z0-9_]*)=(.*)");

    private EnvFile() {}

    /** @throws IOException when it cannot be read or a line is none of these; the message has no path */
    static Map<String, String> read(Path file, NamedFiles files) throws IOException {
        Map<String, String> variables = new LinkedHashMap<>();
        List<String> lines = files.text(file).lines().toList();
        for (int i = 0; i < lines.size(); i++) {
            String line = lines.get(i).strip();
            if (line.isEmpty() || line.startsWith("#")) {
                continue;
            }
            Matcher matcher = LINE.matcher(line);
            if (!matcher.matches()) {
                throw new IOException("line " + (i + 1) + " is not NAME=VALUE");
            }
            if (line.indexOf(0) >= 0) {
                throw new IOException("line " + (i + 1) + " has a zero byte in it, which no variable can hold");
            }
            variables.put(matcher.group(1), unquoted(matcher.group(2).strip()));
        }
        return variables;
    }

    private static String unquoted(String value) {
        if (value.length() < 2 || value.charAt(0) != value.charAt(value.length() - 1)) {
            return value;
        }
        String inner = value.substring(1, value.length() - 1);
        return switch (value.charAt(0)) {
            case '\'' -> inner;
            case '"' -> unescaped(inner);
            default -> value;
        };
    }

    private static String unescaped(String text) {
        StringBuilder plain = new StringBuilder();
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            char next = c == '\\' && i + 1 < text.length() ? text.charAt(i + 1) : 0;
            if (next == 'n' || next == '"' || next == '\\') {
                plain.append(next == 'n' ? '\n' : next);
                i++;
            } else {
                plain.append(c);
            }
        }
        return plain.toString();
    }
}
