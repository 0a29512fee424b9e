package dev.cairn.workflow.plan;

import java.time.Duration;
import java.util.Optional;

/**
 * How long a step may take, how often it is tried, and how its progress is kept; immutable.
 *
 * @param timeout running time in all; empty for any
 * @param continueOnError whether the run continues, and can succeed, when this step fails
 * @param maskSecrets whether its secrets are masked where its log is shown
 */
public record Policies(
        Optional<Duration> timeout,
        RetryPolicy retry,
        CheckpointPlan checkpoint,
        RollbackPlan rollback,
        boolean continueOnError,
        boolean maskSecrets) {

    /** What a step has that says nothing. */
    public static final Policies DEFAULT = new Policies(
            Optional.empty(), RetryPolicy.NEVER, CheckpointPlan.DEFAULT, RollbackPlan.DEFAULT, false, true);
}
