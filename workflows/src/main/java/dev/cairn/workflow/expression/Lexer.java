package dev.cairn.workflow.expression;

import dev.cairn.workflow.problem.Position;
import java.util.ArrayList;
import java.util.List;

/** Splits an expression into tokens. The last token is always {@link Kind#END}. */
final class Lexer {

    enum Kind {
        NAME,
        NUMBER,
        TEXT,
        SYMBOL,
        END
    }

    /** @param text for {@link Kind#TEXT}, the text without its quotes */
    record Token(Kind kind, String text, Position position) {
        boolean is(String symbol) {
            return kind == Kind.SYMBOL && text.equals(symbol);
        }

        String shown() {
            return kind == Kind.END ? "the end" : kind == Kind.TEXT ? "'" + text + "'" : "\"" + text + "\"";
        }
    }

    private static final List<String> SYMBOLS = List.of(
            "||", "&&", "==", "!=", "<=", ">=", "<", ">", "!", "(", ")", "[", "]", ".", ",", "*", "/", "%", "+", "-");

    private final String text;
    private final Locator locator;
    private final List<Token> tokens = new ArrayList<>();
    private int at;

    Lexer(String text, Locator locator) {
        this.text = text;
        this.locator = locator;
    }

    List<Token> tokens() throws ExpressionException {
        while (at < text.length()) {
            char c = text.charAt(at);
            if (Character.isWhitespace(c)) {
                at++;
            } else if (c == '\'' || c == '"') {
                quoted(c);
            } else if (isDigit(c) || c == '-' && isSign()) {
                number();
            } else if (startsName(c)) {
                int end = at;
                while (end < text.length()
                        && (startsName(text.charAt(end)) || isDigit(text.charAt(end)) || text.charAt(end) == '-')) {
                    end++;
                }
                add(Kind.NAME, end);
            } else {
                symbol();
            }
        }
        tokens.add(new Token(Kind.END, "", locator.at(text.length())));
        return tokens;
    }

    /** Whether a minus is a sign: it precedes a digit and does not separate two values. */
    private boolean isSign() {
        boolean beforeDigit = at + 1 < text.length() && isDigit(text.charAt(at + 1));
        Token last = tokens.isEmpty() ? null : tokens.get(tokens.size() - 1);
        return beforeDigit && (last == null || last.kind() == Kind.SYMBOL && !last.is(")") && !last.is("]"));
    }

    /** Inside quotes, a doubled quote stands for one, as in YAML and SQL. */
    private void quoted(char quote) throws ExpressionException {
        StringBuilder content = new StringBuilder();
        int end = at + 1;
        while (true) {
            if (end >= text.length()) {
                throw new ExpressionException(locator.at(at), "the text that begins here has no closing " + quote);
            }
            if (text.charAt(end) == quote) {
                if (end + 1 >= text.length() || text.charAt(end + 1) != quote) {
                    break;
                }
                end++;
            }
            content.append(text.charAt(end++));
        }
        tokens.add(new Token(Kind.TEXT, content.toString(), locator.at(at)));
        at = end + 1;
    }

    private void number() throws ExpressionException {
        int end = at + 1;
        while (end < text.length() && isDigit(text.charAt(end))) {
            end++;
        }
        if (end + 1 < text.length() && text.charAt(end) == '.' && isDigit(text.charAt(end + 1))) {
            end++;
            while (end < text.length() && isDigit(text.charAt(end))) {
                end++;
            }
        }
        if (end < text.length() && startsName(text.charAt(end))) {
            throw new ExpressionException(locator.at(at), "not a number; a text needs quotes: '...'");
        }
        add(Kind.NUMBER, end);
    }

    private void symbol() throws ExpressionException {
        for (String symbol : SYMBOLS) {
            if (text.startsWith(symbol, at)) {
                add(Kind.SYMBOL, at + symbol.length());
                return;
            }
        }
        String shown = Character.toString(text.codePointAt(at));
        throw new ExpressionException(locator.at(at), "unexpected \"" + shown + "\"" + advice(shown));
    }

    private static String advice(String symbol) {
        return switch (symbol) {
            case "=" -> "; to compare, write ==";
            case "&" -> "; write &&";
            case "|" -> "; write ||";
            default -> "";
        };
    }

    private void add(Kind kind, int end) {
        tokens.add(new Token(kind, text.substring(at, end), locator.at(at)));
        at = end;
    }

    private static boolean startsName(char c) {
        return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_';
    }

    private static boolean isDigit(char c) {
        return c >= '0' && c <= '9';
    }
}
