package dev.cairn.http.internal.server;

/** A request that gets an error as its answer. Its message is for a person. */
public final class HttpError extends Exception {
    private final int status;

    public HttpError(int status, String message) {
        super(message);
        this.status = status;
    }

    public int status() {
        return status;
    }
}
