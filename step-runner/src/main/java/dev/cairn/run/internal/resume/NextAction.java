package dev.cairn.run.internal.resume;

import dev.cairn.run.manifest.StepState;
import java.time.Instant;

/** What follows for a step after the end of an attempt. */
public sealed interface NextAction {
    String message();

    /** It stays in this state, finally or until the next runner. */
    record Rest(StepState state, String message) implements NextAction {}

    record TryAgain(Instant notBefore, String message) implements NextAction {}
}
