package dev.cairn.schedule.store;

import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;

/** Inputs in a text column: {@code NAME=VALUE} lines, with special characters escaped as in a URL. */
final class GivenInputs {
    private GivenInputs() {}

    static String text(Map<String, String> inputs) {
        StringBuilder text = new StringBuilder();
        new TreeMap<>(inputs)
                .forEach((name, value) -> text.append(URLEncoder.encode(name, StandardCharsets.UTF_8))
                        .append('=')
                        .append(URLEncoder.encode(value, StandardCharsets.UTF_8))
                        .append('\n'));
        return text.toString();
    }

    static Map<String, String> parse(String text) {
        Map<String, String> inputs = new LinkedHashMap<>();
        text.lines()
                .forEach(line -> inputs.put(
                        URLDecoder.decode(line.substring(0, line.indexOf('=')), StandardCharsets.UTF_8),
                        URLDecoder.decode(line.substring(line.indexOf('=') + 1), StandardCharsets.UTF_8)));
        return inputs;
    }
}
