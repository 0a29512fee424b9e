package dev.cairn.workflow.plan;

import dev.cairn.workflow.spec.Strategy;
import dev.cairn.workflow.value.Value;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/**
 * The instances of a step. Immutable, except that a matrix whose values depend on the run is decided once. Until then,
 * and if it turns out to have no values, it is open: its only instance represents the step itself. Any thread.
 */
public final class Matrix {
    private final String key;
    private final boolean declared;
    private final OptionalInt maxParallel;
    private final boolean failFast;
    private final Optional<Strategy> undecided;
    private final Set<String> awaits;
    private volatile List<Instance> instances;

    private Matrix(
            String key,
            boolean declared,
            List<Instance> instances,
            OptionalInt maxParallel,
            boolean failFast,
            Optional<Strategy> undecided,
            Set<String> awaits) {
        this.key = key;
        this.declared = declared;
        this.instances = List.copyOf(instances);
        this.maxParallel = maxParallel;
        this.failFast = failFast;
        this.undecided = undecided;
        this.awaits = Set.copyOf(awaits);
    }

    static Matrix single(String id) {
        return new Matrix(
                id, false, List.of(new Instance(id, 1, Map.of())), OptionalInt.of(1), true, Optional.empty(), Set.of());
    }

    /** @param key the id of the step that has the strategy */
    static Matrix of(String key, List<Instance> instances, Strategy strategy, OptionalInt maxParallel) {
        return new Matrix(key, true, instances, maxParallel, strategy.failFast(), Optional.empty(), Set.of());
    }

    /**
     * @param key the id of the step that has the strategy
     * @param awaits the ids of the steps that must have ended before it can be decided
     */
    static Matrix undecided(String key, String id, Strategy strategy, OptionalInt maxParallel, Set<String> awaits) {
        Instance step = new Instance(id, 0, Map.of());
        return new Matrix(key, true, List.of(step), maxParallel, strategy.failFast(), Optional.of(strategy), awaits);
    }

    /** The same matrix, reduced to one of its instances. */
    public Matrix alone(Instance instance) {
        return new Matrix(key, declared, List.of(instance), OptionalInt.of(1), false, Optional.empty(), Set.of());
    }

    /**
     * The id of the step that has the strategy. The steps of a used workflow file share the matrix of the step that
     * uses the file; instances at the same place have the same values.
     */
    public String key() {
        return key;
    }

    /** Whether both are one matrix, so that instances at the same place belong together. */
    public boolean isSameAs(Matrix other) {
        return declared && key.equals(other.key);
    }

    /** Whether the step has {@code strategy.matrix}. Then its outputs are lists, even with one instance. */
    public boolean declared() {
        return declared;
    }

    /** The instances in order, at least one. */
    public List<Instance> instances() {
        return instances;
    }

    /** How many instances may run at a time. */
    public int maxParallel() {
        return maxParallel.orElse(instances.size());
    }

    /** Whether the first failure cancels the instances that have not ended. */
    public boolean failFast() {
        return failFast;
    }

    /** How the run decides the matrix; empty if the plan knows its values. */
    public Optional<Strategy> decidedInRun() {
        return undecided;
    }

    /** The steps that must have ended before it can be decided. */
    public Set<String> awaits() {
        return awaits;
    }

    /** Whether its only instance represents the step. */
    public boolean isOpen() {
        return instances.get(0).index() == 0;
    }

    /** Whether the step has one instance in every run. */
    boolean isSingle() {
        return undecided.isEmpty() && instances.size() == 1;
    }

    /** @param combinations if empty, the matrix stays open */
    public void decide(List<Map<String, Value>> combinations) {
        if (undecided.isEmpty() || !isOpen()) {
            throw new IllegalStateException("the matrix of " + instances.get(0).id() + " is decided");
        }
        if (!combinations.isEmpty()) {
            instances = Instance.ofMatrix(instances.get(0).id(), combinations);
        }
    }
}
