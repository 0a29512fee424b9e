package dev.cairn.run.failure;

import dev.cairn.run.manifest.AttemptRecord;
import java.io.IOException;

/** An attempt was started on a host that cannot be seen from here, and nothing shows that it has ended. */
public final class StepElsewhereException extends IOException {
    private static final long serialVersionUID = 1;

    /** @param reason the reason that its engine gave, as a sentence */
    public StepElsewhereException(String step, String reason) {
        super("step " + step + ": " + reason);
    }

    public StepElsewhereException(String step, AttemptRecord attempt) {
        this(
                step,
                "attempt " + attempt.number() + " was started on "
                        + attempt.host().name()
                        + " and may still run there. Resume it on that host; or, if that host is "
                        + "gone for good, resume with --assume-lost");
    }
}
