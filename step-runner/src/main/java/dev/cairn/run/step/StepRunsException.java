package dev.cairn.run.step;

import dev.cairn.run.manifest.AttemptRecord;
import java.io.IOException;

/** A person has said from where a step is to start, and it runs. */
public final class StepRunsException extends IOException {
    private static final long serialVersionUID = 1;

    StepRunsException(String step, AttemptRecord attempt) {
        super("step " + step + ": attempt " + attempt.number() + " still runs, so that it cannot be started from"
                + " elsewhere. Stop it first (cairn checkpoint NAME --step " + step + " --stop), then resume");
    }
}
