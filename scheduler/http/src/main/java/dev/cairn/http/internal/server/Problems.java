package dev.cairn.http.internal.server;

import dev.cairn.engine.EngineException;
import dev.cairn.files.UntrustedException;
import dev.cairn.run.failure.ImageRefusedException;
import dev.cairn.run.failure.NoSuchRunException;
import dev.cairn.run.failure.OwnershipLostException;
import dev.cairn.run.failure.RequestException;
import dev.cairn.run.failure.RunnerFailedException;
import dev.cairn.run.failure.StepElsewhereException;
import dev.cairn.run.failure.UnknownEngineException;
import dev.cairn.run.view.JsonObject;
import dev.cairn.workflow.problem.Problem;
import java.nio.file.FileSystemException;
import java.util.List;
import java.util.Map;

/** Errors as each API writes them: problem+json, or as Airflow does. The texts are those of the command line. Immutable. */
public final class Problems {
    private static final Map<Integer, String> TITLES = Map.of(
            400, "Bad Request",
            401, "Unauthorized",
            403, "Forbidden",
            404, "Not Found",
            405, "Method Not Allowed",
            409, "Conflict",
            413, "Content Too Large",
            415, "Unsupported Media Type",
            422, "Unprocessable Content",
            500, "Internal Server Error");

    private final boolean airflow;

    private Problems(boolean airflow) {
        this.airflow = airflow;
    }

    static Problems of(String path) {
        return new Problems(path.startsWith("/api/v2") || path.startsWith("/auth/"));
    }

    /** The answer to a request that is refused before its route is known: plain text outside the APIs. */
    static Response.Whole refusal(String path, int status, String text) {
        return path.startsWith("/api/") || path.startsWith("/auth/")
                ? of(path).of(new HttpError(status, text.strip()))
                : Response.text(status, Response.TEXT, text);
    }

    Response.Whole of(Exception e) {
        int status = status(e);
        String detail = isBug(e) ? "a bug in Cairn; the daemon's log has more" : words(e);
        if (airflow) {
            return Response.json(status, new JsonObject().put("detail", detail));
        }
        return Response.problem(status, TITLES.getOrDefault(status, "Error"), detail, more(e));
    }

    private static JsonObject more(Exception e) {
        List<Problem> problems = e instanceof RequestException request ? request.problems() : List.of();
        return problems.isEmpty()
                ? new JsonObject()
                : new JsonObject()
                        .put(
                                "problems",
                                problems.stream().map(Problem::toString).toList());
    }

    /** What no caller can cause. */
    public static boolean isBug(Exception e) {
        return e instanceof RuntimeException && !(e instanceof UnknownEngineException);
    }

    /** The status of an answer. */
    public static int status(Exception e) {
        if (e instanceof HttpError error) {
            return error.status();
        }
        if (e instanceof RequestException request) {
            return switch (request.kind()) {
                case UNKNOWN -> 404;
                case INVALID -> 422;
                case UNAVAILABLE -> 409;
            };
        }
        if (e instanceof NoSuchRunException) {
            return 404;
        }
        if (e instanceof ImageRefusedException refused) {
            return refused.isMissing() ? 404 : 409;
        }
        if (e instanceof RunnerFailedException failed && failed.getCause() instanceof Exception cause) {
            return status(cause);
        }
        boolean elsewhere = e instanceof OwnershipLostException
                || e instanceof StepElsewhereException
                || e instanceof UnknownEngineException
                || e instanceof UntrustedException
                || e instanceof EngineException engine && !engine.isOfStorage();
        return elsewhere ? 409 : 500;
    }

    /** For a person. */
    public static String words(Exception e) {
        if (e instanceof RunnerFailedException failed && failed.getCause() instanceof Exception cause) {
            return words(cause);
        }
        return e instanceof FileSystemException file && file.getReason() != null
                ? file.getFile() + ": " + file.getReason()
                : String.valueOf(e.getMessage());
    }
}
