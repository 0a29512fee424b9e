package dev.cairn.workflow.spec;

import dev.cairn.workflow.expression.Context;
import dev.cairn.workflow.expression.ExpressionException;
import dev.cairn.workflow.expression.Template;
import dev.cairn.workflow.problem.Problem;
import dev.cairn.workflow.problem.Problems;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.stream.Collectors;

/** A value in the file, or a text with expressions whose result becomes the value when it is needed; immutable. */
public sealed interface Setting<T> {

    record Given<T>(T value) implements Setting<T> {
        @Override
        public T in(Context context) {
            return value;
        }

        @Override
        public String toString() {
            return value.toString();
        }
    }

    /** @param read converts the resolved text, as if it stood in the file */
    record Computed<T>(Template template, BiFunction<String, Problems, Optional<T>> read) implements Setting<T> {
        @Override
        public T in(Context context) throws ExpressionException {
            String text = template.render(context, Template.Insertion.AS_IS);
            Problems problems = new Problems("");
            Optional<T> value = read.apply(text, problems);
            if (value.isEmpty() || !problems.isEmpty()) {
                String reason = problems.sorted().stream().map(Problem::message).collect(Collectors.joining("; "));
                throw new ExpressionException(template.place().position(), reason);
            }
            return value.get();
        }

        @Override
        public String toString() {
            return template.text();
        }
    }

    /** @throws ExpressionException if its expressions have no value, or an invalid one */
    T in(Context context) throws ExpressionException;

    /** The value, if it needs no computation. */
    default Optional<T> known() {
        return this instanceof Given<T> given ? Optional.of(given.value()) : Optional.empty();
    }

    /** The text, if its expressions must be computed. */
    default Optional<Template> computed() {
        return this instanceof Computed<T> computed ? Optional.of(computed.template()) : Optional.empty();
    }
}
