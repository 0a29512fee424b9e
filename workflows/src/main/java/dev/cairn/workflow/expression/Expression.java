package dev.cairn.workflow.expression;

import dev.cairn.workflow.problem.Position;
import dev.cairn.workflow.value.Value;
import java.util.List;
import java.util.function.Consumer;

/** A parsed expression; immutable. */
public sealed interface Expression {

    Position position();

    record Literal(Position position, Value value) implements Expression {}

    /** {@code steps.extract.outputs.rows}, {@code matrix['seed']}, {@code steps.train.outputs.loss[0]}. */
    record Reference(Position position, String context, List<Part> parts) implements Expression {
        public Reference {
            parts = List.copyOf(parts);
        }

        /** The expression for messages; computed parts are shown as {@code [...]}. */
        public String dotted() {
            StringBuilder text = new StringBuilder(context);
            parts.forEach(part -> text.append(
                    part instanceof Part.Key key ? "." + key.name() : part instanceof Part.All ? "[*]" : "[...]"));
            return text.toString();
        }
    }

    record Call(Position position, Function function, List<Expression> arguments) implements Expression {
        public Call {
            arguments = List.copyOf(arguments);
        }
    }

    /** {@code fromJSON(text).samples[0]}: a part of a computed value. */
    record Inside(Position position, Expression value, List<Part> parts) implements Expression {
        public Inside {
            parts = List.copyOf(parts);
        }
    }

    record Not(Position position, Expression operand) implements Expression {}

    /** @param position the position of the operator */
    record Binary(Position position, Operator operator, Expression left, Expression right) implements Expression {}

    /** One step into a value: a name after a dot, or an index in brackets. */
    sealed interface Part {
        Position position();

        /** A part that is known when the workflow is read: a name, or a literal in brackets. */
        record Key(Position position, String name) implements Part {}

        record Computed(Position position, Expression expression) implements Part {}

        /** {@code [*]}: all elements of a list. */
        record All(Position position) implements Part {}
    }

    /** Passes this expression and its parts to {@code visitor}. */
    default void visit(Consumer<Expression> visitor) {
        visitor.accept(this);
        if (this instanceof Not not) {
            not.operand().visit(visitor);
        } else if (this instanceof Binary binary) {
            binary.left().visit(visitor);
            binary.right().visit(visitor);
        } else if (this instanceof Call call) {
            call.arguments().forEach(argument -> argument.visit(visitor));
        } else if (this instanceof Inside inside) {
            inside.value().visit(visitor);
            visit(inside.parts(), visitor);
        } else if (this instanceof Reference reference) {
            visit(reference.parts(), visitor);
        }
    }

    private static void visit(List<Part> parts, Consumer<Expression> visitor) {
        for (Part part : parts) {
            if (part instanceof Part.Computed computed) {
                computed.expression().visit(visitor);
            }
        }
    }
}
