package dev.cairn.run.internal.resume;

import dev.cairn.run.manifest.StepState;
import java.time.Instant;

/** What becomes of a step after an attempt's end. */
public sealed interface NextAction {
    String message();

    /** It stays in this state: final, or until the next runner. */
    record Rest(StepState state, String message) implements NextAction {}

    record TryAgain(Instant notBefore, String message) implements NextAction {}
}
