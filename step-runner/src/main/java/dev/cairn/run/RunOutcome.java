package dev.cairn.run;

import dev.cairn.engine.StepExit;
import dev.cairn.run.manifest.RunState;
import java.util.Optional;

/**
 * How a session with a run ended.
 *
 * @param message why, for a person; may be empty
 * @param exit how the last attempt ended, for a run of a single command
 */
public record RunOutcome(RunState state, String message, Optional<StepExit> exit) {}
