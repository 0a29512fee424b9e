package dev.cairn.workflow.problem;

import java.util.List;

/** A value, or the problems that prevent it. */
public sealed interface Result<T> {

    record Ok<T>(T value) implements Result<T> {}

    /** @param problems at least one, sorted by place */
    record Broken<T>(List<Problem> problems) implements Result<T> {
        public Broken {
            if (problems.isEmpty()) {
                throw new IllegalArgumentException("a broken result without a problem");
            }
            problems = List.copyOf(problems);
        }
    }

    /** The problems; empty if there is a value. */
    default List<Problem> problems() {
        return this instanceof Broken<T> broken ? broken.problems() : List.of();
    }

    /**
     * The value, for callers that expect no problems.
     *
     * @throws IllegalStateException if there are problems; names them all
     */
    default T orElseThrow() {
        if (this instanceof Ok<T> ok) {
            return ok.value();
        }
        throw new IllegalStateException(
                String.join("\n", problems().stream().map(Problem::toString).toList()));
    }
}
