package dev.cairn.http.internal.page;

import dev.cairn.run.manifest.RunManifest;
import dev.cairn.run.manifest.StepState;
import dev.cairn.workflow.plan.PlanStep;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;

/** The steps of a run and what they need, from left to right: each is behind all that it needs. Immutable. */
public record StepGraph(List<Node> nodes, List<Edge> edges, int width, int height) {
    private static final int MOST = 200;
    private static final int ACROSS = 190;
    private static final int DOWN = 44;
    public static final int BOX_WIDTH = 150;
    public static final int BOX_HEIGHT = 28;
    private static final int LONGEST_LABEL = 20;

    /** A step, at the upper left corner of its box. */
    public record Node(String id, String label, String state, int x, int y) {}

    /** From the right side of a box to the left side of another. */
    public record Edge(int x1, int y1, int x2, int y2) {}

    /** Empty for a single step, and for more than can be seen. */
    static StepGraph of(RunManifest run, List<PlanStep> steps) {
        if (steps.size() < 2 || steps.size() > MOST) {
            return new StepGraph(List.of(), List.of(), 0, 0);
        }
        Map<String, Integer> layers = new HashMap<>();
        Map<Integer, Integer> heights = new HashMap<>();
        Map<String, Node> nodes = new LinkedHashMap<>();
        List<Edge> edges = new ArrayList<>();
        for (PlanStep step : steps) { // those that it needs are before it
            int layer = step.needs().stream()
                    .mapToInt(need -> layers.getOrDefault(need, -1) + 1)
                    .max()
                    .orElse(0);
            layers.put(step.id(), layer);
            int row = heights.merge(layer, 1, Integer::sum) - 1;
            nodes.put(
                    step.id(),
                    new Node(step.id(), label(step.id()), state(run, step.id()), 8 + layer * ACROSS, 8 + row * DOWN));
        }
        for (PlanStep step : steps) {
            Node to = Objects.requireNonNull(nodes.get(step.id()));
            for (String need : step.needs()) {
                Optional.ofNullable(nodes.get(need)).map(from -> edge(from, to)).ifPresent(edges::add);
            }
        }
        return new StepGraph(
                List.copyOf(nodes.values()),
                List.copyOf(edges),
                8 + heights.size() * ACROSS,
                8 + heights.values().stream().mapToInt(rows -> rows).max().orElse(1) * DOWN);
    }

    private static Edge edge(Node from, Node to) {
        return new Edge(from.x() + BOX_WIDTH, from.y() + BOX_HEIGHT / 2, to.x(), to.y() + BOX_HEIGHT / 2);
    }

    private static String label(String id) {
        return id.length() <= LONGEST_LABEL ? id : id.substring(0, LONGEST_LABEL - 1) + "…";
    }

    /** Of a matrix, what most needs to be seen. */
    private static String state(RunManifest run, String step) {
        List<StepState> states = run.steps().entrySet().stream()
                .filter(line -> RunPlan.isOf(line.getKey(), step))
                .map(line -> line.getValue().state())
                .toList();
        return Stream.of(StepState.FAILED, StepState.RUNNING, StepState.WAITING, StepState.PENDING)
                .filter(states::contains)
                .findFirst()
                .or(() -> states.stream().findFirst())
                .orElse(StepState.PENDING)
                .wire();
    }
}
