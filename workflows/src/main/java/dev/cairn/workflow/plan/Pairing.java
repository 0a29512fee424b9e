package dev.cairn.workflow.plan;

import dev.cairn.workflow.expression.Expression;
import dev.cairn.workflow.expression.Expression.Part;
import dev.cairn.workflow.value.Value;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.IntStream;

/**
 * Finds instances of two matrix steps that belong together, because they have the same values. Immutable; any thread.
 */
public final class Pairing {
    private final boolean declared;
    private final Set<String> names = new HashSet<>();
    private final Map<Map<String, Value>, Integer> places = new HashMap<>();

    /** @param needed the step whose instances are searched */
    public Pairing(PlanStep needed) {
        declared = needed.matrix().declared() && !needed.matrix().isOpen();
        List<Instance> instances = needed.matrix().instances();
        for (int i = 0; i < instances.size(); i++) {
            names.addAll(instances.get(i).values().keySet());
            places.putIfAbsent(instances.get(i).values(), i);
        }
    }

    /** Whether these values include every name of the step's matrix. */
    public boolean pairs(Map<String, Value> values) {
        return declared && values.keySet().containsAll(names);
    }

    /** The index of the counterpart among the step's instances. */
    public OptionalInt counterpart(Map<String, Value> values) {
        Map<String, Value> shared = new HashMap<>(values);
        shared.keySet().retainAll(names);
        Integer place = places.get(shared);
        return place == null ? OptionalInt.empty() : OptionalInt.of(place);
    }

    /**
     * For each instance of {@code asking}, the index of the one instance of {@code needed} that it waits for. Empty if
     * each instance waits for all of them. That is so if it refers to more than the outputs of its counterpart, refers
     * to nothing, or has no counterpart. In a workflow file that is used with a matrix, an instance waits only for its
     * counterparts.
     */
    public static Optional<int[]> lanes(PlanStep asking, PlanStep needed) {
        if (asking.matrix().isSameAs(needed.matrix())) {
            return asking.matrix().isOpen() || needed.matrix().isOpen()
                    ? Optional.empty()
                    : Optional.of(IntStream.range(0, asking.matrix().instances().size())
                            .toArray());
        }
        List<Expression.Reference> references = referencesTo(asking, needed.id());
        if (asking.matrix().isOpen()
                || references.isEmpty()
                || !references.stream().allMatch(Pairing::isOutput)) {
            return Optional.empty();
        }
        List<Instance> instances = asking.matrix().instances();
        int[] lanes = new int[instances.size()];
        Pairing pairing = new Pairing(needed);
        for (int i = 0; i < lanes.length; i++) {
            Map<String, Value> values = instances.get(i).values();
            OptionalInt counterpart = pairing.pairs(values) ? pairing.counterpart(values) : OptionalInt.empty();
            if (counterpart.isEmpty()) {
                return Optional.empty();
            }
            lanes[i] = counterpart.getAsInt();
        }
        return Optional.of(lanes);
    }

    private static boolean isOutput(Expression.Reference reference) {
        List<Part> parts = reference.parts();
        return parts.size() == 3
                && parts.get(1) instanceof Part.Key kind
                && kind.name().equals("outputs")
                && parts.get(2) instanceof Part.Key;
    }

    private static List<Expression.Reference> referencesTo(PlanStep step, String id) {
        List<Expression.Reference> references = new ArrayList<>();
        Consumer<Expression> collect = expression -> {
            if (expression instanceof Expression.Reference reference
                    && reference.context().equals("steps")
                    && !reference.parts().isEmpty()
                    && reference.parts().get(0) instanceof Part.Key key
                    && step.idOf(key.name()).equals(id)) {
                references.add(reference);
            }
        };
        step.visit(collect);
        return references;
    }
}
