package dev.cairn.workflow.expression;

import dev.cairn.workflow.expression.Expression.Part;
import dev.cairn.workflow.problem.Nearest;
import dev.cairn.workflow.problem.Position;
import dev.cairn.workflow.value.JsonText;
import dev.cairn.workflow.value.Value;
import java.io.IOException;
import java.math.BigDecimal;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** Computes the value of an expression. Confined to one thread. */
public final class Evaluator {

    private static final String STEPS = "steps";

    private final Context context;

    public Evaluator(Context context) {
        this.context = context;
    }

    public Value evaluate(Expression expression) throws ExpressionException {
        if (expression instanceof Expression.Literal literal) {
            return literal.value();
        }
        if (expression instanceof Expression.Reference reference) {
            return refer(reference);
        }
        if (expression instanceof Expression.Not not) {
            return new Value.Bool(!evaluate(not.operand()).truthy());
        }
        if (expression instanceof Expression.Binary binary) {
            return binary(binary);
        }
        if (expression instanceof Expression.Inside inside) {
            return inside(evaluate(inside.value()), inside.parts(), "the value");
        }
        return call((Expression.Call) expression);
    }

    private Value refer(Expression.Reference reference) throws ExpressionException {
        String path = reference.context();
        List<Part> parts = reference.parts();
        Optional<Value> paired = paired(reference);
        if (paired.isPresent()) {
            return paired.get();
        }
        Optional<Value> start;
        if (path.equals(STEPS) && !parts.isEmpty()) {
            String id = key(parts.get(0));
            path += "." + id;
            start = context.step(id);
            parts = parts.subList(1, parts.size());
        } else {
            start = context.value(path);
        }
        Value value = start.orElseThrow(
                () -> new ExpressionException(reference.position(), "there is no \"" + reference.dotted() + "\" here"));
        return inside(value, parts, path);
    }

    /** @param name the value's name, for messages */
    private Value inside(Value start, List<Part> parts, String name) throws ExpressionException {
        Value value = start;
        String path = name;
        for (Part part : parts) {
            if (part instanceof Part.All) {
                all(value, path, part.position());
                continue;
            }
            String key = key(part);
            value = inside(value, key, path, part.position());
            path += "." + key;
        }
        return value;
    }

    /** Matches {@code steps.ID.outputs.NAME} with nothing after it. */
    private Optional<Value> paired(Expression.Reference reference) throws ExpressionException {
        List<Part> parts = reference.parts();
        boolean output = reference.context().equals(STEPS)
                && parts.size() == 3
                && parts.stream().noneMatch(Part.All.class::isInstance)
                && key(parts.get(1)).equals("outputs");
        return output ? context.paired(key(parts.get(0)), key(parts.get(2))) : Optional.empty();
    }

    private static void all(Value value, String path, Position position) throws ExpressionException {
        if (!(value instanceof Value.Items)) {
            throw new ExpressionException(position, path + " is " + value.kind() + ", and [*] is all of a list");
        }
    }

    private String key(Part part) throws ExpressionException {
        return part instanceof Part.Key known
                ? known.name()
                : evaluate(((Part.Computed) part).expression()).text();
    }

    private static Value inside(Value value, String key, String path, Position position) throws ExpressionException {
        if (value instanceof Value.Fields fields) {
            Value field = fields.fields().get(key);
            if (field == null) {
                throw new ExpressionException(
                        position,
                        path + " has no \"" + key + "\""
                                + Nearest.hint(key, fields.fields().keySet()));
            }
            return field;
        }
        if (value instanceof Value.Items items) {
            int size = items.items().size();
            if (!key.matches("\\d{1,9}") || Integer.parseInt(key) >= size) {
                throw new ExpressionException(
                        position, path + " is a list of " + size + ", counted from 0; it has no [" + key + "]");
            }
            return items.items().get(Integer.parseInt(key));
        }
        throw new ExpressionException(position, path + " is " + value.kind() + " and has no \"" + key + "\"");
    }

    private Value binary(Expression.Binary binary) throws ExpressionException {
        Value left = evaluate(binary.left());
        switch (binary.operator()) {
            case OR:
                return left.truthy() ? left : evaluate(binary.right());
            case AND:
                return left.truthy() ? evaluate(binary.right()) : left;
            case PLUS, MINUS, TIMES, DIVIDE, REMAINDER:
                return compute(binary, left, evaluate(binary.right()));
            default:
                return new Value.Bool(compare(binary, left, evaluate(binary.right())));
        }
    }

    private static boolean compare(Expression.Binary binary, Value left, Value right) throws ExpressionException {
        return switch (binary.operator()) {
            case EQUAL -> same(left, right);
            case UNEQUAL -> !same(left, right);
            case LESS -> order(binary.position(), left, right) < 0;
            case AT_MOST -> order(binary.position(), left, right) <= 0;
            case GREATER -> order(binary.position(), left, right) > 0;
            case AT_LEAST -> order(binary.position(), left, right) >= 0;
            default -> throw new IllegalStateException("not a comparison: " + binary.operator());
        };
    }

    private static Value compute(Expression.Binary binary, Value left, Value right) throws ExpressionException {
        long a = whole(binary, left);
        long b = whole(binary, right);
        try {
            return new Value.Number(
                    switch (binary.operator()) {
                        case PLUS -> Math.addExact(a, b);
                        case MINUS -> Math.subtractExact(a, b);
                        case TIMES -> Math.multiplyExact(a, b);
                        case DIVIDE -> a / b;
                        case REMAINDER -> a % b;
                        default -> throw new IllegalStateException("not arithmetic: " + binary.operator());
                    });
        } catch (ArithmeticException e) {
            throw new ExpressionException(binary.position(), b == 0 ? "division by zero" : "the result is too large");
        }
    }

    private static long whole(Expression.Binary binary, Value value) throws ExpressionException {
        try {
            Optional<BigDecimal> amount = amount(value);
            if (amount.isPresent()) {
                return amount.get().longValueExact();
            }
        } catch (ArithmeticException e) {
            // a fraction, or a number beyond the supported range
        }
        throw new ExpressionException(
                binary.position(),
                "\"" + binary.operator().symbol() + "\" computes with whole numbers of up to 18 digits, not with "
                        + (value instanceof Value.Number || value instanceof Value.Text
                                ? "\"" + value.text() + "\""
                                : value.kind()));
    }

    /**
     * Whether two values are equal. Values from files and command lines are texts, so that {@code '3' == 3} and {@code
     * 'true' == true} hold.
     */
    private static boolean same(Value left, Value right) {
        if (left.equals(right)) {
            return true;
        }
        if (left instanceof Value.Null || right instanceof Value.Null || isComposed(left) || isComposed(right)) {
            return false;
        }
        if (left instanceof Value.Text && right instanceof Value.Text) {
            return false;
        }
        Optional<BigDecimal> a = amount(left);
        Optional<BigDecimal> b = amount(right);
        return a.isPresent() && b.isPresent()
                ? a.get().compareTo(b.get()) == 0
                : left.text().equals(right.text());
    }

    private static int order(Position position, Value left, Value right) throws ExpressionException {
        Optional<BigDecimal> a = amount(left);
        Optional<BigDecimal> b = amount(right);
        if (a.isPresent() && b.isPresent()) {
            return a.get().compareTo(b.get());
        }
        if (left instanceof Value.Text && right instanceof Value.Text) {
            return left.text().compareTo(right.text());
        }
        throw new ExpressionException(position, "cannot order " + left.kind() + " and " + right.kind());
    }

    private static boolean isComposed(Value value) {
        return value instanceof Value.Items || value instanceof Value.Fields;
    }

    private static Optional<BigDecimal> amount(Value value) {
        if (value instanceof Value.Number number) {
            return Optional.of(number.amount());
        }
        return value instanceof Value.Text text && text.content().matches("-?\\d{1,40}(\\.\\d{1,40})?")
                ? Optional.of(new BigDecimal(text.content()))
                : Optional.empty();
    }

    private Value call(Expression.Call call) throws ExpressionException {
        return switch (call.function()) {
            case SUCCESS -> new Value.Bool(context.upstream().succeeded());
            case FAILURE -> new Value.Bool(context.upstream().failed());
            case ALWAYS -> new Value.Bool(true);
            case CANCELLED -> new Value.Bool(context.upstream().cancelled());
            case CONTAINS -> new Value.Bool(contains(argument(call, 0), argument(call, 1)));
            case STARTS_WITH ->
                new Value.Bool(
                        argument(call, 0).text().startsWith(argument(call, 1).text()));
            case ENDS_WITH ->
                new Value.Bool(
                        argument(call, 0).text().endsWith(argument(call, 1).text()));
            case FORMAT -> new Value.Text(format(call));
            case JOIN -> join(call);
            case READ -> new Value.Text(fromFile(call, context::read).stripTrailing());
            case LINES -> texts(fromFile(call, context::read).lines().map(String::strip));
            case GLOB -> texts(fromFile(call, context::glob).stream());
            case FROM_JSON -> fromJson(call);
            case TO_JSON -> new Value.Text(JsonText.of(argument(call, 0)));
        };
    }

    private Value argument(Expression.Call call, int index) throws ExpressionException {
        return evaluate(call.arguments().get(index));
    }

    private static boolean contains(Value where, Value what) {
        return where instanceof Value.Items items
                ? items.items().stream().anyMatch(item -> same(item, what))
                : where.text().contains(what.text());
    }

    private String format(Expression.Call call) throws ExpressionException {
        String pattern = argument(call, 0).text();
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < pattern.length(); i++) {
            char c = pattern.charAt(i);
            boolean twice = i + 1 < pattern.length() && pattern.charAt(i + 1) == c;
            if ((c == '{' || c == '}') && twice) {
                text.append(c);
                i++;
            } else if (c == '{') {
                int close = pattern.indexOf('}', i);
                String index = close < 0 ? "" : pattern.substring(i + 1, close);
                if (!index.matches("\\d")
                        || Integer.parseInt(index) + 1 >= call.arguments().size()) {
                    throw new ExpressionException(
                            call.position(), "format has no argument {" + index + "}; a brace itself is written twice");
                }
                text.append(argument(call, Integer.parseInt(index) + 1).text());
                i = close;
            } else {
                text.append(c);
            }
        }
        return text.toString();
    }

    private Value join(Expression.Call call) throws ExpressionException {
        String between = call.arguments().size() > 1 ? argument(call, 1).text() : " ";
        Value list = argument(call, 0);
        return list instanceof Value.Items items
                ? new Value.Text(String.join(
                        between, items.items().stream().map(Value::text).toList()))
                : new Value.Text(list.text());
    }

    /** Reads the value of an output from its file, or from several. */
    @FunctionalInterface
    private interface FromFile<T> {
        T read(String path) throws IOException;
    }

    private <T> T fromFile(Expression.Call call, FromFile<T> reader) throws ExpressionException {
        String path = argument(call, 0).text();
        try {
            return reader.read(path);
        } catch (IOException e) {
            throw new ExpressionException(call.position(), "cannot read " + path + ": " + e.getMessage());
        }
    }

    private static Value texts(Stream<String> texts) {
        return new Value.Items(texts.filter(text -> !text.isEmpty())
                .<Value>map(Value.Text::new)
                .toList());
    }

    private Value fromJson(Expression.Call call) throws ExpressionException {
        try {
            return JsonText.parse(argument(call, 0).text());
        } catch (IOException e) {
            throw new ExpressionException(call.position(), String.valueOf(e.getMessage()));
        }
    }
}
