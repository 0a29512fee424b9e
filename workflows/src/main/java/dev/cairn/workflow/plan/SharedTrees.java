package dev.cairn.workflow.plan;

import dev.cairn.workflow.expression.Template;
import dev.cairn.workflow.plan.StepGraph.Vertex;
import dev.cairn.workflow.problem.Place;
import dev.cairn.workflow.problem.Problems;
import dev.cairn.workflow.spec.Rollback;
import dev.cairn.workflow.spec.Settings;
import dev.cairn.workflow.spec.Step;
import dev.cairn.workflow.spec.Workflow;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * Finds files that are rolled back with two steps that may run at the same time, because a roll-back of one would undo
 * the other's work. Compares only paths that are known before the run.
 */
final class SharedTrees {
    private final Workflow workflow;
    private final Reachability reachability;
    private final Problems problems;
    /** Sorted by path, then by the step's index in the plan. */
    private final Map<Path, NavigableMap<Integer, Tree>> trees = new HashMap<>();

    private record Tree(Path path, Vertex vertex, Place place) {}

    private SharedTrees(Workflow workflow, Reachability reachability, Problems problems) {
        this.workflow = workflow;
        this.reachability = reachability;
        this.problems = problems;
    }

    /** @param reachability asked whether one step needs the other; reports the problems */
    static void check(Workflow workflow, StepGraph graph, Reachability reachability, Problems problems) {
        SharedTrees shared = new SharedTrees(workflow, reachability, problems);
        List<Vertex> order = graph.order();
        for (int i = 0; i < order.size(); i++) {
            for (Tree tree : shared.treesOf(order.get(i))) {
                shared.trees
                        .computeIfAbsent(tree.path(), path -> new TreeMap<>())
                        .put(i, tree);
            }
        }
        shared.trees.values().forEach(steps -> steps.forEach(shared::compare));
    }

    /**
     * Compares each step only with its neighbours, in the plan's order, among the steps of this path and of each folder
     * above it. If these are ordered by needs, so are all others; if not, one problem is enough.
     */
    private void compare(int at, Tree tree) {
        for (Path path = tree.path(); path != null; path = path.getParent()) {
            NavigableMap<Integer, Tree> steps = trees.getOrDefault(path, new TreeMap<>());
            Map.Entry<Integer, Tree> before = steps.lowerEntry(at);
            Map.Entry<Integer, Tree> after = steps.higherEntry(at);
            if (before != null) {
                ask(tree, before.getValue());
            }
            if (after != null && !path.equals(tree.path())) {
                ask(after.getValue(), tree);
            }
        }
    }

    private void ask(Tree later, Tree earlier) {
        reachability.ask(later.vertex(), earlier.vertex(), () -> problems.add(later.place(), clash(later, earlier)));
    }

    private String clash(Tree later, Tree earlier) {
        return shown(later.path()) + " goes back with step \"" + later.vertex().id() + "\", and "
                + (later.path().equals(earlier.path()) ? "it" : shown(earlier.path())) + " with step \""
                + earlier.vertex().id()
                + "\", which may run at the same time: a roll-back of one would undo the other's "
                + "work. Give each a place of its own, or let one need the other";
    }

    /** The path as people write it: relative to the workflow file's folder if it lies inside. */
    private Path shown(Path path) {
        Path folder = workflow.folder().normalize();
        return path.startsWith(folder) && !path.equals(folder) ? folder.relativize(path) : path;
    }

    private List<Tree> treesOf(Vertex vertex) {
        Step step = vertex.step();
        Settings settings = step.settings().over(workflow.defaults());
        Rollback rollback = settings.rollback().orElseGet(Rollback.Open::new);
        Optional<Path> folder = folder(settings);
        List<Tree> found = new ArrayList<>();
        if (folder.isEmpty() || rollback instanceof Rollback.None) {
            return found;
        }
        Stream.concat(step.outputs().values().stream(), step.artifacts().stream())
                .forEach(path -> add(found, folder.get(), path, path.place(), vertex));
        if (rollback instanceof Rollback.Tree tree) {
            tree.paths().forEach(path -> add(found, folder.get(), path, path.place(), vertex));
            if (tree.paths().isEmpty()) {
                found.add(new Tree(folder.get(), vertex, step.place()));
            }
        }
        return found;
    }

    /** Empty if the path is known only when the step starts. */
    private Optional<Path> folder(Settings settings) {
        if (settings.workingDirectory().isEmpty()) {
            return Optional.of(workflow.folder().normalize());
        }
        return below(workflow.folder(), settings.workingDirectory().get());
    }

    private static void add(List<Tree> found, Path folder, Template path, Place place, Vertex vertex) {
        below(folder, path).ifPresent(tree -> found.add(new Tree(tree, vertex, place)));
    }

    private static Optional<Path> below(Path folder, Template path) {
        try {
            return path.isLiteral() ? Optional.of(folder.resolve(path.text()).normalize()) : Optional.empty();
        } catch (InvalidPathException told) {
            return Optional.empty(); // computed when the step starts
        }
    }
}
