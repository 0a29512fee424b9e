package dev.cairn.workflow.plan;

import dev.cairn.workflow.expression.Template;
import dev.cairn.workflow.spec.Setting;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * How long a step may take, how often it is tried, and how its progress is kept; immutable.
 *
 * @param timeout running time in all; empty for any
 * @param cache the files and folders that it reads, where the outputs of an earlier success may stand for its own; empty otherwise
 * @param continueOnError whether the run continues, and can succeed, when this step fails
 * @param maskSecrets whether its secrets are masked where its log is shown
 */
public record Policies(
        Optional<Setting<Duration>> timeout,
        RetryPolicy retry,
        CheckpointPlan checkpoint,
        RollbackPlan rollback,
        Optional<List<Template>> cache,
        boolean continueOnError,
        boolean maskSecrets) {

    public Policies {
        cache = cache.map(List::copyOf);
    }

    /** The policies of a step whose file sets none. */
    public static final Policies DEFAULT = new Policies(
            Optional.empty(),
            RetryPolicy.NEVER,
            CheckpointPlan.DEFAULT,
            RollbackPlan.DEFAULT,
            Optional.empty(),
            false,
            true);
}
