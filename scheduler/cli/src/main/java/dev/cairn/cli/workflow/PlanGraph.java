package dev.cairn.cli.workflow;

import dev.cairn.workflow.plan.Matrix;
import dev.cairn.workflow.plan.Plan;
import dev.cairn.workflow.plan.PlanStep;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The steps of a plan as a graph, in a text form that other tools draw. */
final class PlanGraph {
    private PlanGraph() {}

    /** The names are those of the command line. */
    enum Format {
        dot("digraph {\n  rankdir=LR\n  node [shape=box]\n", "  n%d [label=%s]\n", "  n%d -> n%d\n", "}\n"),
        mermaid("graph LR\n", "  n%d[%s]\n", "  n%d --> n%d\n", "");

        private final String begin;
        private final String node;
        private final String edge;
        private final String end;

        Format(String begin, String node, String edge, String end) {
            this.begin = begin;
            this.node = node;
            this.edge = edge;
            this.end = end;
        }

        /** Ids and numbers of instances contain no special character of either language. */
        private static String quoted(String label) {
            return '"' + label + '"';
        }
    }

    static String of(Plan plan, Format format) {
        List<PlanStep> steps = PlanView.shown(plan.steps()).toList();
        Map<String, Integer> numbers = new HashMap<>();
        StringBuilder graph = new StringBuilder(format.begin);
        for (PlanStep step : steps) {
            numbers.put(step.id(), numbers.size());
            graph.append(format.node.formatted(numbers.get(step.id()), Format.quoted(label(step))));
        }
        for (PlanStep step : steps) {
            for (String need : PlanView.needs(step, plan.steps())) {
                graph.append(format.edge.formatted(numbers.get(need), numbers.get(step.id())));
            }
        }
        return graph.append(format.end).toString();
    }

    private static String label(PlanStep step) {
        Matrix matrix = step.matrix();
        return !matrix.declared()
                ? step.id()
                : step.id() + " x "
                        + (matrix.isOpen() ? "?" : matrix.instances().size());
    }
}
