package dev.cairn.yaml;

import dev.cairn.workflow.problem.Place;
import dev.cairn.workflow.problem.Position;
import dev.cairn.workflow.problem.Problems;
import java.util.Optional;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Parse;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.ReaderException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;

/** Reads a YAML file of one document. */
public final class YamlReader {

    /** Longer files are refused. */
    static final int LONGEST = 16 << 20;

    private YamlReader() {}

    /**
     * @param problems receives every problem; reading ends at a syntax error
     * @return the root; empty if the text is not YAML, or is empty
     */
    public static Optional<Node> read(String text, Problems problems) {
        if (text.length() > LONGEST) {
            problems.add(Place.FILE, "the file is longer than " + (LONGEST >> 20) + " MiB");
            return Optional.empty();
        }
        String source = text.startsWith("\uFEFF") ? text.substring(1) : text;
        LoadSettings settings =
                LoadSettings.builder().setCodePointLimit(LONGEST).build();
        try {
            return new TreeBuilder(new Parse(settings).parseString(source).iterator(), new SourceText(source), problems)
                    .document();
        } catch (MarkedYamlEngineException e) {
            problems.add(new Place(position(e), ""), sentence(e, source));
        } catch (ReaderException e) {
            problems.add(
                    Place.FILE.at(position(source, e.getPosition())),
                    String.format("the character U+%04X is not allowed in YAML", e.getCodePoint()));
        } catch (YamlEngineException e) {
            problems.add(Place.FILE, "not YAML: " + e.getMessage());
        }
        return Optional.empty();
    }

    private static Position position(MarkedYamlEngineException e) {
        Optional<Mark> mark = e.getProblemMark().or(e::getContextMark);
        return mark.map(SourceText::position).orElse(Position.START);
    }

    private static String sentence(MarkedYamlEngineException e, String source) {
        String problem = String.valueOf(e.getProblem());
        String context = e.getContext() == null || e.getContext().isEmpty() ? "" : " (" + e.getContext() + ")";
        return "not YAML: " + problem + context
                + advice(problem, line(source, position(e).line()));
    }

    /** A hint for the most common mistake with commands in YAML. */
    private static String advice(String problem, String line) {
        if (problem.startsWith("mapping values are not allowed")) {
            return "; a text with \": \" in it needs quotes, or | and a new line";
        }
        if (problem.startsWith("expected ',' or") && line.contains("${{")) {
            return "; an expression within { } or [ ] needs quotes: \"${{ ... }}\"";
        }
        if (problem.contains("cannot start any token") && !problem.contains("TAB")) {
            return "; a text that begins with it needs quotes";
        }
        return "";
    }

    private static String line(String source, int number) {
        return source.lines().skip(number - 1L).findFirst().orElse("");
    }

    private static Position position(String source, int codePoint) {
        int line = 1;
        int column = 1;
        int at = 0;
        for (int i = 0; i < codePoint && at < source.length(); i++) {
            int c = source.codePointAt(at);
            at += Character.charCount(c);
            line += c == '\n' ? 1 : 0;
            column = c == '\n' ? 1 : column + 1;
        }
        return new Position(line, column);
    }
}
