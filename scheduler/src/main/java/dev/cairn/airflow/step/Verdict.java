package dev.cairn.airflow.step;

import dev.cairn.engine.EndCause;

/** What has become of the DAG run. */
sealed interface Verdict {
    /** It goes on; look again later. */
    record GoesOn() implements Verdict {}

    /** Something was done and there is more to do: look at once. */
    record Again() implements Verdict {}

    record Ended(EndCause cause, String message) implements Verdict {}

    Verdict GOES_ON = new GoesOn();
    Verdict AGAIN = new Again();

    static Verdict failed(String message) {
        return new Ended(EndCause.FAILURE, message);
    }
}
