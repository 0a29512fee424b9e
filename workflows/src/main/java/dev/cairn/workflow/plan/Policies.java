package dev.cairn.workflow.plan;

import dev.cairn.workflow.expression.Template;
import dev.cairn.workflow.spec.Setting;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * Time limit, retries and checkpoints of a step; immutable.
 *
 * @param timeout limit for its running time in all; empty for none
 * @param cache for a step with {@code cache}, which may take its outputs from an earlier success: the files and folders
 *     that it reads; else empty
 * @param continueOnError whether the run continues, and can succeed, when this step fails
 * @param maskSecrets whether its secrets are masked when its log is shown
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

    /** The policies of a step without any settings. */
    public static final Policies DEFAULT = new Policies(
            Optional.empty(),
            RetryPolicy.NEVER,
            CheckpointPlan.DEFAULT,
            RollbackPlan.DEFAULT,
            Optional.empty(),
            false,
            true);
}
