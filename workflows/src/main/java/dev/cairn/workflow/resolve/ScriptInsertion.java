package dev.cairn.workflow.resolve;

import dev.cairn.workflow.expression.Expression;
import dev.cairn.workflow.expression.ExpressionException;
import dev.cairn.workflow.expression.Template;
import dev.cairn.workflow.value.Value;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/**
 * Inserts values into scripts. Accepts only values whose characters have no special meaning in any shell or language,
 * because no quoting is safe inside a text of unknown syntax.
 */
final class ScriptInsertion implements Template.Insertion {

    private static final String HARMLESS = "_./:=@%+,-";

    @Override
    public String text(Value value, Expression where) throws ExpressionException {
        if (!(value instanceof Value.Items list)) {
            return single(value, where);
        }
        List<String> words = new ArrayList<>();
        for (Value item : list.items()) {
            words.add(single(item, where));
        }
        return String.join(" ", words);
    }

    private static String single(Value value, Expression where) throws ExpressionException {
        String text = value.text();
        int harmful = text.codePoints().filter(c -> !isHarmless(c)).findFirst().orElse(-1);
        if (harmful < 0) {
            return text;
        }
        String name = name(where);
        throw new ExpressionException(
                where.position(),
                "the value \"" + text.replaceAll("\\R", "\\\\n") + "\" of " + name + " has " + shown(harmful)
                        + " in it, which a script can take for something else; hand it over as a variable,"
                        + " env: {X: \"${{ " + name + " }}\"}, and write \"$X\"");
    }

    private static String name(Expression expression) {
        if (expression instanceof Expression.Call call) {
            return call.function().spelling()
                    + call.arguments().stream().map(ScriptInsertion::name).collect(Collectors.joining(", ", "(", ")"));
        }
        return expression instanceof Expression.Reference reference ? reference.dotted() : "...";
    }

    private static boolean isHarmless(int c) {
        return Character.isLetterOrDigit(c) || HARMLESS.indexOf(c) >= 0;
    }

    private static String shown(int c) {
        return switch (c) {
            case ' ' -> "a space";
            case '\n', '\r' -> "a line end";
            default -> Character.isISOControl(c) ? String.format("U+%04X", c) : Character.toString(c);
        };
    }
}
