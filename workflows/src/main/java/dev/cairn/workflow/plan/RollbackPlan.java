package dev.cairn.workflow.plan;

import dev.cairn.workflow.expression.Template;
import java.util.List;

/**
 * Which files go back with the step; immutable.
 *
 * @param openFiles those it has open for writing
 * @param products its declared outputs and artifacts
 * @param runFolder the run's own folder; only where no other step can be at work in it at the same time
 * @param trees further files and folders, relative to the working directory
 */
public record RollbackPlan(boolean openFiles, boolean products, boolean runFolder, List<Template> trees) {

    public static final RollbackPlan DEFAULT = new RollbackPlan(true, true, true, List.of());

    public static final RollbackPlan NONE = new RollbackPlan(false, false, false, List.of());

    public RollbackPlan {
        trees = List.copyOf(trees);
    }
}
