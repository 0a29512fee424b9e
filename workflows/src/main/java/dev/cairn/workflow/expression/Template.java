package dev.cairn.workflow.expression;

import dev.cairn.workflow.problem.Place;
import dev.cairn.workflow.problem.Problems;
import dev.cairn.workflow.value.Value;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * A text with {@code ${{ }}} in it; immutable.
 *
 * @param text the text in the file
 * @param place its position in the file
 */
public record Template(String text, Place place, List<Piece> pieces) {

    public Template {
        pieces = List.copyOf(pieces);
    }

    /** The parts of a template, in order. */
    public sealed interface Piece {
        record Plain(String text) implements Piece {}

        record Inserted(Expression expression) implements Piece {}
    }

    /** How a value is inserted into the text around it. */
    @FunctionalInterface
    public interface Insertion {
        /** Inserts the text of the value unchanged. */
        Insertion AS_IS = (value, where) -> value.text();

        String text(Value value, Expression where) throws ExpressionException;
    }

    /** A text without expressions. */
    public static Template literal(String text) {
        return new Template(text, Place.FILE, text.isEmpty() ? List.of() : List.of(new Piece.Plain(text)));
    }

    /**
     * Parses every expression in {@code text}.
     *
     * @param problems receives the parse errors; a part with an error is left out of the template
     */
    public static Template parse(String text, Place place, Locator locator, Problems problems) {
        List<Piece> pieces = new ArrayList<>();
        int at = 0;
        for (int open = text.indexOf("${{"); open >= 0; open = text.indexOf("${{", at)) {
            if (open > at) {
                pieces.add(new Piece.Plain(text.substring(at, open)));
            }
            int close = closing(text, open + 3);
            if (close < 0) {
                problems.add(place.at(locator.at(open)), "\"${{\" without \"}}\"");
                return new Template(text, place, pieces);
            }
            int start = open + 3;
            try {
                pieces.add(new Piece.Inserted(
                        ExpressionParser.parse(text.substring(start, close), offset -> locator.at(start + offset))));
            } catch (ExpressionException e) {
                problems.add(place.at(e.position()), e.reason());
            }
            at = close + 2;
        }
        if (at < text.length()) {
            pieces.add(new Piece.Plain(text.substring(at)));
        }
        return new Template(text, place, pieces);
    }

    /** Finds the "}}" that ends an expression: the first outside quotes. */
    private static int closing(String text, int from) {
        char quote = 0;
        for (int i = from; i < text.length(); i++) {
            char c = text.charAt(i);
            if (quote != 0) {
                quote = c == quote ? 0 : quote;
            } else if (c == '\'' || c == '"') {
                quote = c;
            } else if (text.startsWith("}}", i)) {
                return i;
            }
        }
        return text.indexOf("}}", from);
    }

    /** Whether the text is the same in every context. */
    public boolean isLiteral() {
        return pieces.stream().allMatch(Piece.Plain.class::isInstance);
    }

    /** The value. A template that is a single expression has the type of its value; any other is a text. */
    public Value value(Context context) throws ExpressionException {
        if (pieces.size() == 1 && pieces.get(0) instanceof Piece.Inserted only) {
            return new Evaluator(context).evaluate(only.expression());
        }
        return new Value.Text(render(context, Insertion.AS_IS));
    }

    /** The text, with every value inserted by {@code insertion}. */
    public String render(Context context, Insertion insertion) throws ExpressionException {
        Evaluator evaluator = new Evaluator(context);
        StringBuilder rendered = new StringBuilder();
        for (Piece piece : pieces) {
            if (piece instanceof Piece.Inserted inserted) {
                rendered.append(insertion.text(evaluator.evaluate(inserted.expression()), inserted.expression()));
            } else {
                rendered.append(((Piece.Plain) piece).text());
            }
        }
        return rendered.toString();
    }

    /** Passes every expression in it, with all parts, to {@code visitor}. */
    public void visit(Consumer<Expression> visitor) {
        for (Piece piece : pieces) {
            if (piece instanceof Piece.Inserted inserted) {
                inserted.expression().visit(visitor);
            }
        }
    }

    /** Every name it refers to. */
    public List<Expression.Reference> references() {
        List<Expression.Reference> references = new ArrayList<>();
        visit(expression -> {
            if (expression instanceof Expression.Reference reference) {
                references.add(reference);
            }
        });
        return references;
    }

    /** As it was written. */
    @Override
    public String toString() {
        return text;
    }
}
