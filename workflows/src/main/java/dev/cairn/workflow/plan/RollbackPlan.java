package dev.cairn.workflow.plan;

import dev.cairn.workflow.expression.Template;
import java.util.List;

/**
 * Which files a resume of the step rolls back; immutable.
 *
 * @param openFiles whether files that it has open for writing
 * @param products whether its declared outputs and artifacts
 * @param runFolder whether the run's own folder, which requires that no other step can run at the same time
 * @param trees further files and folders, relative to the working directory
 */
public record RollbackPlan(boolean openFiles, boolean products, boolean runFolder, List<Template> trees) {

    public static final RollbackPlan DEFAULT = new RollbackPlan(true, true, true, List.of());

    public static final RollbackPlan NONE = new RollbackPlan(false, false, false, List.of());

    public RollbackPlan {
        trees = List.copyOf(trees);
    }
}
