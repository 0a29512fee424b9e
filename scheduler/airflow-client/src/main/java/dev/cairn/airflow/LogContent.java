package dev.cairn.airflow;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;

/** Converts the log formats of servers to lines. */
final class LogContent {
    /** v1 writes a Python list of (host, text): {@code [('host', 'text')]}. */
    private static final Pattern TUPLE = Pattern.compile(
            "\\(('(?:[^'\\\\]|\\\\.)*+'|\"(?:[^\"\\\\]|\\\\.)*+\"), ('(?:[^'\\\\]|\\\\.)*+'|\"(?:[^\"\\\\]|\\\\.)*+\")\\)",
            Pattern.DOTALL);

    private LogContent() {}

    /** {@code content} of a JSON answer: text in v1; in v2 a list of events or of texts. */
    static List<String> lines(JsonNode content) {
        List<String> lines = new ArrayList<>();
        if (content.isString()) {
            addPython(content.stringValue(), lines);
        }
        for (JsonNode entry : content.isArray() ? content : AirflowJson.MAPPER.createArrayNode()) {
            add(entry, lines);
        }
        return lines;
    }

    /** One JSON object per line; other lines are kept as they are. */
    static List<String> ndjson(String body) {
        List<String> lines = new ArrayList<>();
        body.lines()
                .filter(line -> !line.isBlank())
                .forEach(line ->
                        AirflowJson.parse(line).ifPresentOrElse(entry -> add(entry, lines), () -> lines.add(line)));
        return lines;
    }

    private static void add(JsonNode entry, List<String> lines) {
        if (entry.isString()) {
            entry.stringValue().lines().forEach(lines::add);
            return;
        }
        // FileTaskHandler.StructuredLogMessage defines the fields; "::group::" lines fold in Airflow's page
        String line = Stream.of(
                        AirflowJson.text(entry, "timestamp"),
                        AirflowJson.text(entry, "level").toUpperCase(Locale.ROOT),
                        AirflowJson.text(entry, "event", "message"))
                .filter(part -> !part.isEmpty())
                .collect(Collectors.joining(" "));
        (line.isEmpty() ? entry.toString() : line).lines().forEach(lines::add);
        entry.path("error_detail").valueStream().forEach(error -> addError(error, lines));
    }

    /** One {@code structlog.tracebacks.Stack}: the exception of a task, then each of its causes. */
    private static void addError(JsonNode error, List<String> lines) {
        error.path("frames")
                .valueStream()
                .map(frame -> "  File \"%s\", line %s, in %s"
                        .formatted(
                                AirflowJson.text(frame, "filename"),
                                AirflowJson.text(frame, "lineno"),
                                AirflowJson.text(frame, "name")))
                .forEach(lines::add);
        (AirflowJson.text(error, "exc_type") + ": " + AirflowJson.text(error, "exc_value"))
                .lines()
                .forEach(lines::add);
    }

    private static void addPython(String text, List<String> lines) {
        Matcher tuple = TUPLE.matcher(text);
        if (!text.startsWith("[(") || !tuple.find()) {
            text.lines().forEach(lines::add);
            return;
        }
        do {
            unquote(tuple.group(2)).lines().forEach(lines::add);
        } while (tuple.find());
    }

    private static String unquote(String literal) {
        StringBuilder text = new StringBuilder();
        for (int i = 1; i < literal.length() - 1; i++) {
            char c = literal.charAt(i);
            if (c != '\\') {
                text.append(c);
                continue;
            }
            char escaped = literal.charAt(++i);
            switch (escaped) {
                case 'n' -> text.append('\n');
                case 't' -> text.append('\t');
                case 'r' -> text.append('\r');
                case 'x' -> i = code(literal, i, 2, text);
                case 'u' -> i = code(literal, i, 4, text);
                default -> text.append(escaped);
            }
        }
        return text.toString();
    }

    private static int code(String literal, int at, int digits, StringBuilder text) {
        text.append((char) Integer.parseInt(literal.substring(at + 1, at + 1 + digits), 16));
        return at + digits;
    }
}
