package dev.cairn.airflow.step;

import dev.cairn.engine.EndCause;

/** What has become of the DAG run. */
sealed interface Verdict {
    /** It is still active; poll again later. */
    record GoesOn() implements Verdict {}

    /** A request was made and another is needed: poll again at once. */
    record Again() implements Verdict {}

    /** @param retryable false when a further attempt would meet the same */
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

    /** Failed, and a retry does not help. */
    static Verdict refused(String message) {
        return new Ended(EndCause.FAILURE, message, false);
    }
}
