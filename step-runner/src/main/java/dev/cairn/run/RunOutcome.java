package dev.cairn.run;

import dev.cairn.engine.StepExit;
import dev.cairn.run.manifest.RunState;
import java.util.List;
import java.util.Optional;

/**
 * How a session with a run ended.
 *
 * @param message why, for a person; may be empty
 * @param undelivered the receivers with undelivered notifications, and why, for a person; {@link NotificationRetrier} retries them
 * @param exit how the last attempt ended, for a run of a single command
 */
public record RunOutcome(RunState state, String message, List<String> undelivered, Optional<StepExit> exit) {

    /**
     * This outcome, if the run succeeded.
     *
     * @throws RunNotSucceededException if it failed, or was stopped before its end
     */
    public RunOutcome orThrow() throws RunNotSucceededException {
        if (state != RunState.SUCCEEDED) {
            throw new RunNotSucceededException(this);
        }
        return this;
    }
}
