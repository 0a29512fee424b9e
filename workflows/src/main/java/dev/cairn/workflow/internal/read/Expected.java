package dev.cairn.workflow.internal.read;

import dev.cairn.yaml.Node;

/** The wording of messages such as "must be a list, not a text". */
final class Expected {

    private static final int SHOWN = 40;

    private Expected() {}

    static String message(String expected, Node found) {
        return "expected " + expected + ", found " + shown(found);
    }

    private static String shown(Node node) {
        if (node instanceof Node.Sequence list && list.items().isEmpty()) {
            return "an empty list";
        }
        if (node instanceof Node.Mapping mapping && mapping.entries().isEmpty()) {
            return "an empty mapping";
        }
        if (!(node instanceof Node.Scalar scalar) || scalar.text().isEmpty()) {
            return node.kind();
        }
        String text = scalar.text();
        String whole = text.codePointCount(0, text.length()) > SHOWN
                ? text.substring(0, text.offsetByCodePoints(0, SHOWN)) + "..."
                : text;
        return "\"" + whole.replaceAll("\\R", " ") + "\""
                + (text.contains("${{") ? "; an expression cannot stand here" : "");
    }
}
