package dev.cairn.workflow.problem;

import java.util.List;

/** A value, or everything that keeps it from being one. */
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

    /** Empty when there is a value. */
    default List<Problem> problems() {
        return this instanceof Broken<T> broken ? broken.problems() : List.of();
    }

    /**
     * For callers to whom problems are a surprise.
     *
     * @throws IllegalStateException naming all problems
     */
    default T orElseThrow() {
        if (this instanceof Ok<T> ok) {
            return ok.value();
        }
        throw new IllegalStateException(
                String.join("\n", problems().stream().map(Problem::toString).toList()));
    }
}
