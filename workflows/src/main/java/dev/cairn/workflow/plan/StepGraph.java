package dev.cairn.workflow.plan;

import dev.cairn.workflow.problem.Nearest;
import dev.cairn.workflow.problem.Place;
import dev.cairn.workflow.problem.Problems;
import dev.cairn.workflow.spec.Named;
import dev.cairn.workflow.spec.Step;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.regex.Pattern;

/** The steps of a workflow by id, and the needs between them. */
final class StepGraph {

    private static final Pattern ID = Pattern.compile(Step.ID);

    /** A step of the graph. Equal only to itself. */
    static final class Vertex {
        private final int index;
        private final String id;
        private final Step step;
        private final Set<Integer> needs = new LinkedHashSet<>();

        private Vertex(int index, String id, Step step) {
            this.index = index;
            this.id = id;
            this.step = step;
        }

        /** Its index in the file, from 0. */
        int index() {
            return index;
        }

        String id() {
            return id;
        }

        Step step() {
            return step;
        }

        /** Indices, each once. */
        Set<Integer> needs() {
            return needs;
        }
    }

    private final List<Vertex> vertices = new ArrayList<>();
    private final Map<String, Integer> byId = new LinkedHashMap<>();
    private List<Vertex> order = List.of();

    private StepGraph() {}

    /** @param problems receives invalid and duplicate ids, needs of unknown steps, and cycles */
    static StepGraph of(List<Step> steps, Problems problems) {
        StepGraph graph = new StepGraph();
        Map<String, Place> taken = new HashMap<>();
        for (Step step : steps) {
            int index = graph.vertices.size();
            String id = id(step, "step-" + (index + 1), taken, problems);
            graph.vertices.add(new Vertex(index, id, step));
            graph.byId.putIfAbsent(id, index);
        }
        graph.vertices.forEach(vertex -> graph.connect(vertex, problems));
        graph.order = graph.sort(problems);
        return graph;
    }

    /** The step's own id, or one made from its index. */
    static String id(Step step, String fallback, Map<String, Place> taken, Problems problems) {
        String id = step.id().map(Named::text).orElse(fallback);
        Place place = step.id().map(Named::place).orElse(step.place());
        if (!ID.matcher(id).matches()) {
            problems.add(
                    place,
                    "\"" + id
                            + "\" is not fit for an id: at most 64 letters, digits, _ and -, the first a letter or _");
        }
        Place first = taken.putIfAbsent(id, place);
        if (first != null) {
            problems.add(
                    place,
                    "the id \"" + id + "\" is already that of the step in line "
                            + first.position().line());
        }
        return id;
    }

    private void connect(Vertex vertex, Problems problems) {
        if (vertex.step().needs().isEmpty()) {
            if (vertex.index() > 0) {
                vertex.needs().add(vertex.index() - 1);
            }
            return;
        }
        for (Named need : vertex.step().needs().get()) {
            Integer index = byId.get(need.text());
            if (index == null) {
                problems.add(
                        need.place(), "there is no step \"" + need.text() + "\"" + Nearest.hint(need.text(), ids()));
            } else if (index == vertex.index()) {
                problems.add(need.place(), "a step cannot need itself");
            } else {
                vertex.needs().add(index);
            }
        }
    }

    /** Sorts by needs, otherwise in the file's order. */
    private List<Vertex> sort(Problems problems) {
        List<List<Integer>> dependants = new ArrayList<>();
        int[] open = new int[vertices.size()];
        vertices.forEach(vertex -> dependants.add(new ArrayList<>()));
        for (Vertex vertex : vertices) {
            open[vertex.index()] = vertex.needs().size();
            vertex.needs().forEach(need -> dependants.get(need).add(vertex.index()));
        }
        PriorityQueue<Integer> ready = new PriorityQueue<>();
        for (int i = 0; i < open.length; i++) {
            if (open[i] == 0) {
                ready.add(i);
            }
        }
        BitSet done = new BitSet();
        List<Vertex> sorted = new ArrayList<>();
        while (sorted.size() < vertices.size()) {
            if (ready.isEmpty()) {
                ready.add(breakCycle(done, problems));
            }
            int next = ready.remove();
            done.set(next);
            sorted.add(vertices.get(next));
            for (int dependant : dependants.get(next)) {
                if (--open[dependant] == 0 && !done.get(dependant)) {
                    ready.add(dependant);
                }
            }
        }
        return sorted;
    }

    /** Reports one cycle among the remaining steps, and returns where to look for another. */
    private int breakCycle(BitSet done, Problems problems) {
        Map<Integer, Integer> seen = new HashMap<>();
        List<Integer> walk = new ArrayList<>();
        int at = done.nextClearBit(0);
        while (seen.putIfAbsent(at, walk.size()) == null) {
            walk.add(at);
            at = vertices.get(at).needs().stream()
                    .filter(need -> !done.get(need))
                    .findFirst()
                    .orElseThrow();
        }
        List<Integer> cycle = walk.subList(seen.get(at), walk.size());
        int first = cycle.stream().min(Integer::compare).orElseThrow();
        StringBuilder text = new StringBuilder(vertices.get(first).id());
        int from = cycle.indexOf(first);
        for (int i = 1; i <= cycle.size(); i++) {
            text.append(" needs ")
                    .append(vertices.get(cycle.get((from + i) % cycle.size())).id());
        }
        problems.add(needsPlace(vertices.get(first).step()), "the steps wait for one another: " + text);
        return first;
    }

    private static Place needsPlace(Step step) {
        return step.needs()
                .flatMap(needs -> needs.stream().findFirst())
                .map(Named::place)
                .orElse(step.place());
    }

    /** The steps, each after the steps that it needs. */
    List<Vertex> order() {
        return order;
    }

    List<Vertex> vertices() {
        return vertices;
    }

    Collection<String> ids() {
        return byId.keySet();
    }

    Optional<Vertex> vertex(String id) {
        return Optional.ofNullable(byId.get(id)).map(vertices::get);
    }

    List<String> needs(Vertex vertex) {
        return vertex.needs().stream().map(need -> vertices.get(need).id()).toList();
    }

    /** The indices of steps that never run beside another step: each other step comes before or after them. */
    BitSet alone() {
        int size = order.size();
        int[] position = new int[size];
        for (int i = 0; i < size; i++) {
            position[order.get(i).index()] = i;
        }
        List<List<Integer>> before = new ArrayList<>();
        List<List<Integer>> mirrored = new ArrayList<>();
        for (int i = 0; i < size; i++) {
            before.add(new ArrayList<>());
            mirrored.add(new ArrayList<>());
        }
        for (Vertex vertex : vertices) {
            for (int need : vertex.needs()) {
                before.get(position[vertex.index()]).add(position[need]);
                mirrored.get(size - 1 - position[need]).add(size - 1 - position[vertex.index()]);
            }
        }
        BitSet afterAll = onlyEnds(before);
        BitSet beforeAll = onlyEnds(mirrored);
        BitSet alone = new BitSet();
        for (int i = 0; i < size; i++) {
            alone.set(order.get(i).index(), afterAll.get(i) && beforeAll.get(size - 1 - i));
        }
        return alone;
    }

    /**
     * Finds the positions of a topological order that come after all earlier positions, because they are the only end
     * up to there.
     *
     * @param before for each position, the positions directly before it
     */
    private static BitSet onlyEnds(List<List<Integer>> before) {
        BitSet ends = new BitSet();
        BitSet only = new BitSet();
        for (int i = 0; i < before.size(); i++) {
            before.get(i).forEach(ends::clear);
            ends.set(i);
            only.set(i, ends.nextSetBit(0) == i);
        }
        return only;
    }
}
