package dev.cairn.airflow.step;

import dev.cairn.engine.EndCause;

/** The present result of a DAG run. */
sealed interface Verdict {
    /** It is still active; poll again later. */
    record GoesOn() implements Verdict {}

    /** A request was sent and another is needed: poll again at once. */
    record Again() implements Verdict {}

    /** @param retryable false if a further attempt would fail in the same way */
    record Ended(EndCause cause, String message, boolean retryable) implements Verdict {
        Ended(EndCause cause, String message) {
            this(cause, message, true);
        }
    }

    Verdict GOES_ON = new GoesOn();
    Verdict AGAIN = new Again();

    static Verdict failed(String message) {
        return new Ended(EndCause.FAILURE, message);
    }

    /** It failed, and a retry does not help. */
    static Verdict refused(String message) {
        return new Ended(EndCause.FAILURE, message, false);
    }
}
