package dev.cairn.workflow.plan;

import java.util.List;
import java.util.Map;

/**
 * The instances of a step; immutable.
 *
 * @param declared whether the step has {@code strategy.matrix}: then its outputs are lists, also with one instance
 * @param instances at least one, in order
 * @param maxParallel how many run at a time
 * @param failFast whether the first failure cancels those not yet ended
 */
public record Matrix(boolean declared, List<Instance> instances, int maxParallel, boolean failFast) {
    public Matrix {
        instances = List.copyOf(instances);
    }

    static Matrix single(String id) {
        return new Matrix(false, List.of(new Instance(id, 1, Map.of())), 1, true);
    }
}
