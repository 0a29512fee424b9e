package dev.cairn.workflow.resolve;

import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A file of {@code NAME=VALUE} lines. Skips empty lines, lines that begin with {@code #}, and {@code export} before a
 * name. Removes quotes around a value. Within double quotes, {@code \n}, {@code \"} and {@code \\} have their meaning
 * in C. Expands nothing else.
 */
final class EnvFile {

    private static final Pattern LINE = Pattern.compile("(?:export\\s+)?([A-Za-z_][A-Za-z0-9_]*)=(.*)");

    private EnvFile() {}

    /** @throws IOException if the file cannot be read or a line is invalid; the message does not name the path */
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
