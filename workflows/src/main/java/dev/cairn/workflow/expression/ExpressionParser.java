package dev.cairn.workflow.expression;

import dev.cairn.workflow.expression.Expression.Part;
import dev.cairn.workflow.expression.Lexer.Kind;
import dev.cairn.workflow.expression.Lexer.Token;
import dev.cairn.workflow.problem.Nearest;
import dev.cairn.workflow.value.Value;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * Parses the tokens of one expression by precedence climbing.
 *
 * <p>Length and nesting are bounded, so that neither parsing nor evaluating can exhaust the stack.
 */
final class ExpressionParser {

    private static final int LONGEST = 4000;
    private static final int DEEPEST = 100;

    private final List<Token> tokens;
    private int next;
    private int depth;

    private ExpressionParser(List<Token> tokens) {
        this.tokens = tokens;
    }

    static Expression parse(String text, Locator locator) throws ExpressionException {
        if (text.length() > LONGEST) {
            throw new ExpressionException(locator.at(0), "an expression has at most " + LONGEST + " characters");
        }
        ExpressionParser parser = new ExpressionParser(new Lexer(text, locator).tokens());
        Expression expression = parser.binary(0);
        Token rest = parser.tokens.get(parser.next);
        if (rest.kind() != Kind.END) {
            throw new ExpressionException(rest.position(), "unexpected " + rest.shown() + " after the expression");
        }
        return expression;
    }

    private Expression binary(int loosest) throws ExpressionException {
        Expression left = unary();
        while (true) {
            Token token = tokens.get(next);
            Optional<Operator> operator = operator(token);
            if (operator.isEmpty() || operator.get().binding() <= loosest) {
                return left;
            }
            next++;
            Expression right = binary(operator.get().binding());
            left = new Expression.Binary(token.position(), operator.get(), left, right);
        }
    }

    private static Optional<Operator> operator(Token token) {
        return Arrays.stream(Operator.values())
                .filter(operator -> token.is(operator.symbol()))
                .findFirst();
    }

    private Expression unary() throws ExpressionException {
        Token token = tokens.get(next);
        if (++depth > DEEPEST) {
            throw new ExpressionException(token.position(), "nested more than " + DEEPEST + " deep");
        }
        try {
            if (token.is("!")) {
                next++;
                return new Expression.Not(token.position(), unary());
            }
            return primary();
        } finally {
            depth--;
        }
    }

    private Expression primary() throws ExpressionException {
        Token token = tokens.get(next++);
        switch (token.kind()) {
            case TEXT:
                return new Expression.Literal(token.position(), new Value.Text(token.text()));
            case NUMBER:
                return new Expression.Literal(
                        token.position(), new Value.Number(new BigDecimal(token.text()), token.text()));
            case NAME:
                return named(token);
            default:
                if (token.is("(")) {
                    Expression inner = binary(0);
                    expect(")");
                    return inside(inner);
                }
                throw new ExpressionException(token.position(), "expected a value, found " + token.shown());
        }
    }

    private Expression named(Token name) throws ExpressionException {
        if (tokens.get(next).is("(")) {
            return inside(call(name));
        }
        return switch (name.text()) {
            case "true", "false" ->
                new Expression.Literal(
                        name.position(), new Value.Bool(name.text().equals("true")));
            case "null" -> new Expression.Literal(name.position(), Value.NULL);
            default -> new Expression.Reference(name.position(), name.text(), parts());
        };
    }

    private Expression inside(Expression value) throws ExpressionException {
        List<Part> parts = parts();
        return parts.isEmpty() ? value : new Expression.Inside(value.position(), value, parts);
    }

    private Expression call(Token name) throws ExpressionException {
        Function function = Function.of(name.text())
                .orElseThrow(() -> new ExpressionException(
                        name.position(),
                        "unknown function \"" + name.text() + "\"" + Nearest.hint(name.text(), Function.spellings())));
        expect("(");
        List<Expression> arguments = new ArrayList<>();
        if (!tokens.get(next).is(")")) {
            arguments.add(binary(0));
            while (tokens.get(next).is(",")) {
                next++;
                arguments.add(binary(0));
            }
        }
        expect(")");
        if (!function.takes(arguments.size())) {
            throw new ExpressionException(
                    name.position(), function.spelling() + " takes " + function.arity() + ", not " + arguments.size());
        }
        return new Expression.Call(name.position(), function, arguments);
    }

    private List<Part> parts() throws ExpressionException {
        List<Part> parts = new ArrayList<>();
        while (true) {
            Token token = tokens.get(next);
            if (token.is(".")) {
                next++;
                Token key = tokens.get(next++);
                if (key.kind() != Kind.NAME) {
                    throw new ExpressionException(key.position(), "expected a name after \".\", found " + key.shown());
                }
                parts.add(new Part.Key(key.position(), key.text()));
            } else if (token.is("[")) {
                next++;
                parts.add(bracketed());
                expect("]");
            } else {
                return parts;
            }
        }
    }

    private Part bracketed() throws ExpressionException {
        Token token = tokens.get(next);
        if (token.is("*")) {
            next++;
            return new Part.All(token.position());
        }
        Expression inside = binary(0);
        return inside instanceof Expression.Literal literal
                ? new Part.Key(literal.position(), literal.value().text())
                : new Part.Computed(inside.position(), inside);
    }

    private void expect(String symbol) throws ExpressionException {
        Token token = tokens.get(next++);
        if (!token.is(symbol)) {
            throw new ExpressionException(token.position(), "expected \"" + symbol + "\", found " + token.shown());
        }
    }
}
