package dev.cairn.run.failure;

import dev.cairn.workflow.problem.Problem;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** A person's request cannot be carried out. The message says why, and what to do. */
public final class RequestException extends IOException {
    private final Kind kind;
    private final transient List<Problem> problems;

    /** Why not. */
    public enum Kind {
        /** There is no such run, step, image or schedule. */
        UNKNOWN,
        /** The request itself is wrong. */
        INVALID,
        /** The request is not possible now: the run has ended, or another process owns it. */
        UNAVAILABLE
    }

    public RequestException(Kind kind, String message) {
        this(kind, message, List.of());
    }

    private RequestException(Kind kind, String message, List<Problem> problems) {
        super(message);
        this.kind = kind;
        this.problems = problems;
    }

    /** A workflow or its inputs are wrong. */
    public static RequestException of(List<Problem> problems, Path file) {
        return new RequestException(
                Kind.INVALID,
                file + ": " + (problems.size() == 1 ? "1 problem" : problems.size() + " problems"),
                List.copyOf(problems));
    }

    public Kind kind() {
        return kind;
    }

    /** The problems of a workflow file, each with its place. */
    public List<Problem> problems() {
        return problems;
    }
}
