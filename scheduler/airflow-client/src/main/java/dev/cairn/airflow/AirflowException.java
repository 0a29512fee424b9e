package dev.cairn.airflow;

import java.io.IOException;
import java.util.List;
import java.util.Objects;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/**
 * A call to Airflow failed. The message names the request, the server, the result and what to do; it never contains a
 * password or a token.
 *
 * <p>It represents the error bodies of both versions: {@code application/problem+json} with {@code title} and {@code
 * detail} (v1, from connexion), and {@code {"detail": ...}} with a text, an object, or the list of FastAPI's validation
 * (v2).
 */
public final class AirflowException extends IOException {
    private static final long serialVersionUID = 1;

    /** The kind of failure, by which a caller decides what to do. */
    public enum Kind {
        /**
         * 401, and 403 for a token that Airflow 3 cannot read: the server refuses the user or token, even after a new
         * login.
         */
        UNAUTHORIZED,
        /** 403. */
        FORBIDDEN,
        /** 404. */
        NOT_FOUND,
        /** 409: the object exists already, or a similar one does. */
        CONFLICT,
        /** 400 and 422: the server understood the request and refuses it. */
        INVALID,
        /** 429. */
        THROTTLED,
        /** 5xx: the server may have carried out the request or not. */
        SERVER,
        /** No connection: certainly the server has done nothing. */
        UNREACHABLE,
        /** The TLS handshake failed: certainly the server has done nothing, and another try does not help. */
        TLS,
        /** A connection, but no complete answer: the server may have carried out the request. */
        NO_ANSWER,
        /** The answer is not from Airflow's API, but from a proxy, a login page or another base path. */
        NOT_AIRFLOW,
        /** This version of Airflow lacks the feature. No request was sent. */
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

    /** The fields that the server refuses, for a 422. */
    public List<Problem> problems() {
        return problems;
    }

    /** Whether the request may still be carried out later, because Airflow has not confirmed its end. */
    public boolean mayComeYet() {
        // 502, 503 and 504 come from a proxy
        return kind == Kind.NO_ANSWER || kind == Kind.SERVER && status.orElse(0) != 500;
    }

    /** Whether a retry cannot help. Only a change of the request, the credentials or the server can. */
    public boolean isFinal() {
        return switch (kind) {
            case FORBIDDEN, NOT_FOUND, INVALID, UNSUPPORTED -> true;
            default -> false;
        };
    }

    /** Whether the same call may succeed later: the server is away, overloaded or broken. */
    public boolean mayPass() {
        return switch (kind) {
            case THROTTLED, SERVER, UNREACHABLE, NO_ANSWER -> true;
            default -> false;
        };
    }
}
