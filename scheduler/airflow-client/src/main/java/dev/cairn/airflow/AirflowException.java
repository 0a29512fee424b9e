package dev.cairn.airflow;

import java.io.IOException;
import java.util.List;
import java.util.Objects;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/**
 * A call to Airflow did not do what was asked. The message names the request, the server, the result and what to do; it never contains a
 * password or a token.
 *
 * <p>Both error bodies end here: {@code application/problem+json} with {@code title} and {@code detail} (v1, from connexion), and
 * {@code {"detail": ...}} with a text, an object, or the list of FastAPI's validation (v2).
 */
public final class AirflowException extends IOException {
    private static final long serialVersionUID = 1;

    /** What kind of failure it is: what a caller decides by. */
    public enum Kind {
        /** 401, and 403 for a token that Airflow 3 cannot read: the user or token is not accepted, also after a new login. */
        UNAUTHORIZED,
        /** 403. */
        FORBIDDEN,
        /** 404. */
        NOT_FOUND,
        /** 409: it is there already, or another one like it. */
        CONFLICT,
        /** 400 and 422: the server understood and refuses what was asked. */
        INVALID,
        /** 429. */
        THROTTLED,
        /** 5xx: the request may or may not have been carried out. */
        SERVER,
        /** No connection: certainly nothing was done. */
        UNREACHABLE,
        /** TLS does not come about: certainly nothing was done, and asking again does not help. */
        TLS,
        /** A connection and no whole answer: it may have been done. */
        NO_ANSWER,
        /** Something answers that is not Airflow's API: a proxy, a login page, another base path. */
        NOT_AIRFLOW,
        /** This version of Airflow does not have it; nothing was asked. */
        UNSUPPORTED
    }

    /**
     * One field that the server refuses.
     *
     * @param field its path, e.g. {@code body.logical_date}
     */
    public record Problem(String field, String message) {}

    private final Kind kind;
    private final transient OptionalInt status;
    private final transient List<Problem> problems;

    AirflowException(Kind kind, String message) {
        this(kind, OptionalInt.empty(), message, List.of(), null);
    }

    AirflowException(Kind kind, String message, Throwable cause) {
        this(kind, OptionalInt.empty(), message, List.of(), cause);
    }

    AirflowException(Kind kind, OptionalInt status, String message, List<Problem> problems, @Nullable Throwable cause) {
        super(message, cause);
        this.kind = kind;
        this.status = status;
        this.problems = List.copyOf(problems);
    }

    @Override
    public String getMessage() {
        return Objects.requireNonNull(super.getMessage());
    }

    public Kind kind() {
        return kind;
    }

    public boolean is(Kind other) {
        return kind == other;
    }

    /** The HTTP status; empty when there was no answer. */
    public OptionalInt status() {
        return status;
    }

    /** The fields that the server refuses, in a 422. */
    public List<Problem> problems() {
        return problems;
    }

    /** Whether the request may still be carried out later, because Airflow has not confirmed its end. */
    public boolean mayComeYet() {
        // 502, 503 and 504 come from a proxy
        return kind == Kind.NO_ANSWER || kind == Kind.SERVER && status.orElse(0) != 500;
    }

    /** Whether a retry cannot help: only a change of the request, the credentials or the server can. */
    public boolean isFinal() {
        return switch (kind) {
            case FORBIDDEN, NOT_FOUND, INVALID, UNSUPPORTED -> true;
            default -> false;
        };
    }

    /** Whether the same call may go through later: the server is away, overloaded or broken. */
    public boolean mayPass() {
        return switch (kind) {
            case THROTTLED, SERVER, UNREACHABLE, NO_ANSWER -> true;
            default -> false;
        };
    }
}
