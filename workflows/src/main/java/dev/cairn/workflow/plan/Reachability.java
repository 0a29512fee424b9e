package dev.cairn.workflow.plan;

import dev.cairn.workflow.plan.StepGraph.Vertex;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Answers questions of whether one step needs another, directly or not. Collects them and answers all at the end, 64
 * steps in each pass over the graph, so that many questions take little more time than one.
 */
final class Reachability {

    private record Question(Vertex later, Runnable otherwise) {}

    private final StepGraph graph;
    private final Map<Vertex, List<Question>> byEarlier = new LinkedHashMap<>();

    Reachability(StepGraph graph) {
        this.graph = graph;
    }

    /** @param otherwise called by {@link #answer} if {@code later} does not need {@code earlier} */
    void ask(Vertex later, Vertex earlier, Runnable otherwise) {
        if (!later.needs().contains(earlier.index())) {
            byEarlier.computeIfAbsent(earlier, key -> new ArrayList<>()).add(new Question(later, otherwise));
        }
    }

    void answer() {
        List<Vertex> earlier = new ArrayList<>(byEarlier.keySet());
        for (int from = 0; from < earlier.size(); from += Long.SIZE) {
            answer(earlier.subList(from, Math.min(earlier.size(), from + Long.SIZE)));
        }
    }

    private void answer(List<Vertex> batch) {
        long[] bits = new long[graph.vertices().size()];
        for (int i = 0; i < batch.size(); i++) {
            bits[batch.get(i).index()] = 1L << i;
        }
        long[] reached = new long[bits.length];
        for (Vertex vertex : graph.order()) {
            for (int need : vertex.needs()) {
                reached[vertex.index()] |= reached[need] | bits[need];
            }
        }
        for (Vertex earlier : batch) {
            for (Question question : byEarlier.getOrDefault(earlier, List.of())) {
                if ((reached[question.later().index()] & bits[earlier.index()]) == 0) {
                    question.otherwise().run();
                }
            }
        }
    }
}
