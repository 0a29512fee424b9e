package dev.cairn.http.internal.page;

import gg.jte.ContentType;
import gg.jte.TemplateEngine;
import gg.jte.output.StringOutput;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Objects;

/** The templates and files of the pages. Thread-safe. */
final class Templates {
    private static final TemplateEngine ENGINE = TemplateEngine.createPrecompiled(
            null, ContentType.Html, Templates.class.getClassLoader(), "dev.cairn.http.internal.page.templates");

    private Templates() {}

    /** @param name without its ending */
    static String html(String name, Map<String, Object> values) {
        StringOutput out = new StringOutput();
        ENGINE.render(name + ".jte", values, out);
        return out.toString();
    }

    static String resource(String name) throws IOException {
        try (InputStream in = Objects.requireNonNull(Templates.class.getResourceAsStream(name), name)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }
}
