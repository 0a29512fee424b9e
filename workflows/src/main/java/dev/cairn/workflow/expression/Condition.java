package dev.cairn.workflow.expression;

import dev.cairn.workflow.problem.Place;
import dev.cairn.workflow.problem.Position;
import dev.cairn.workflow.problem.Problems;
import dev.cairn.workflow.value.Value;

/**
 * The {@code if} of a step; immutable. A condition without a status function holds only if no needed step failed, as on
 * GitHub: {@code success() && (...)}.
 *
 * @param text the text in the file
 * @param expression the parsed text
 * @param onlyWhenWell whether it holds only if {@code success()} does
 */
public record Condition(String text, Place place, Expression expression, boolean onlyWhenWell) {

    private static final Expression TRUE = new Expression.Literal(Position.START, new Value.Bool(true));

    /** The condition of a step without {@code if}. */
    public static final Condition WHEN_WELL = new Condition("success()", Place.FILE, TRUE, true);

    /** The condition of a step that always runs. */
    public static final Condition ALWAYS = new Condition("always()", Place.FILE, TRUE, false);

    /**
     * Parses an {@code if}, with or without {@code ${{ }}}.
     *
     * @param problems receives the error if it cannot be parsed; then the condition is {@link #WHEN_WELL}
     */
    public static Condition parse(String text, Place place, Locator locator, Problems problems) {
        String inner = text.strip();
        int start = text.indexOf(inner);
        if (inner.startsWith("${{") && inner.endsWith("}}")) {
            start += 3;
            inner = inner.substring(3, inner.length() - 2);
        }
        int offset = start;
        try {
            Expression expression = ExpressionParser.parse(inner, at -> locator.at(offset + at));
            return new Condition(text, place, expression, !asksStatus(expression));
        } catch (ExpressionException e) {
            problems.add(place.at(e.position()), e.reason());
            return WHEN_WELL;
        }
    }

    private static boolean asksStatus(Expression expression) {
        boolean[] asks = {false};
        expression.visit(part -> asks[0] |=
                part instanceof Expression.Call call && call.function().asksStatus());
        return asks[0];
    }

    /** The same, for a step that also runs after a failure. */
    public Condition whateverHappened() {
        return new Condition(text, place, expression, false);
    }

    public boolean holds(Context context) throws ExpressionException {
        return (!onlyWhenWell || context.upstream().succeeded())
                && new Evaluator(context).evaluate(expression).truthy();
    }
}
