package dev.cairn.run;

/** A run failed, or was stopped before its end. A stopped run resumes when it is run again. */
public final class RunNotSucceededException extends Exception {
    private static final long serialVersionUID = 1;
    private final transient RunOutcome outcome;

    RunNotSucceededException(RunOutcome outcome) {
        super("the run is " + outcome.state().wire() + (outcome.message().isEmpty() ? "" : ": " + outcome.message()));
        this.outcome = outcome;
    }

    public RunOutcome outcome() {
        return outcome;
    }
}
