package dev.cairn.yaml;

import dev.cairn.workflow.problem.Position;
import org.snakeyaml.engine.v2.exceptions.Mark;

/** The text of a file, and the mapping from characters of a scalar to characters of the file. Immutable. */
final class SourceText {

    private static final String OPEN = "${{";

    private final String text;
    private final boolean plane;

    SourceText(String text) {
        this.text = text;
        this.plane = text.length() == text.codePointCount(0, text.length());
    }

    static Position position(Mark mark) {
        return new Position(mark.getLine() + 1, mark.getColumn() + 1);
    }

    /**
     * Finds the position in the file of a character of a scalar.
     *
     * <p>Escapes and folding make the two texts differ, but they agree after each <code>${{</code>. So the search
     * starts at the last one before the character. It treats a run of white space in one text as equal to a run in the
     * other.
     */
    Position locate(String scalar, int offset, Mark start, Mark end) {
        int from = index(start);
        int to = index(end);
        int inScalar = 0;
        int inSource = content(from, to);
        for (int open = scalar.indexOf(OPEN); open >= 0 && open <= offset; open = scalar.indexOf(OPEN, open + 1)) {
            int found = text.indexOf(OPEN, inScalar == 0 ? inSource : inSource + 1);
            if (found < 0 || found >= to) {
                break;
            }
            inScalar = open;
            inSource = found;
        }
        return count(start, from, Math.min(to, along(scalar, inScalar, offset, inSource)));
    }

    /** The start of the content: after a quote, or on the line after a block scalar's header. */
    private int content(int from, int to) {
        char first = from < to ? text.charAt(from) : ' ';
        if (first == '\'' || first == '"') {
            return from + 1;
        }
        if (first == '|' || first == '>') {
            int lineEnd = text.indexOf('\n', from);
            return lineEnd < 0 ? from : lineEnd + 1;
        }
        return from;
    }

    private int along(String scalar, int scalarFrom, int scalarTo, int sourceFrom) {
        int source = spaceAfter(text, sourceFrom);
        int at = spaceAfter(scalar, scalarFrom);
        while (at < scalarTo) {
            at = spaceAfter(scalar, at + 1);
            source = spaceAfter(text, source + 1);
        }
        return source;
    }

    private static int spaceAfter(String text, int from) {
        int at = from;
        while (at < text.length() && Character.isWhitespace(text.charAt(at))) {
            at++;
        }
        return at;
    }

    private Position count(Mark start, int from, int to) {
        int line = start.getLine() + 1;
        int lineStart = -1;
        for (int i = text.indexOf('\n', from); i >= 0 && i < to; i = text.indexOf('\n', i + 1)) {
            line++;
            lineStart = i + 1;
        }
        int column = lineStart < 0
                ? start.getColumn() + 1 + text.codePointCount(from, to)
                : text.codePointCount(lineStart, to) + 1;
        return new Position(line, column);
    }

    /** Marks count code points. */
    private int index(Mark mark) {
        return plane ? mark.getIndex() : text.offsetByCodePoints(0, mark.getIndex());
    }
}
