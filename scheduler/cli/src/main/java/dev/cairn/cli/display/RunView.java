package dev.cairn.cli.display;

import dev.cairn.run.event.RunEvent;
import dev.cairn.run.manifest.StepState;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;

/** The state of each step of a run, taken from its events, and the lines that show it. Confined to its display's lock. */
final class RunView {
    private final Map<String, StepLine> steps = new LinkedHashMap<>();
    private final Colors paint;
    private final UnaryOperator<String> label;

    /** @param planned the steps' ids in display order, with their initial states */
    RunView(Map<String, StepState> planned, Colors paint, UnaryOperator<String> label) {
        this.paint = paint;
        this.label = label;
        planned.forEach((id, state) -> steps.put(id, new StepLine(id, state)));
    }

    void take(RunEvent event) {
        if (event instanceof RunEvent.OfStep ofStep) {
            if (event instanceof RunEvent.InstancesDecided decided) {
                steps.remove(decided.step());
                decided.instances().keySet().forEach(id -> steps.put(id, new StepLine(id, StepState.PENDING)));
                return;
            }
            steps.computeIfAbsent(ofStep.step(), id -> new StepLine(id, StepState.PENDING))
                    .take(ofStep);
        }
    }

    void nextCheckpoint(String step, Instant at) {
        StepLine line = steps.get(step);
        if (line != null) {
            line.nextCheckpoint(at);
        }
    }

    /** The steps that run, according to their events. */
    List<String> running() {
        return steps.values().stream()
                .filter(StepLine::isRunning)
                .map(StepLine::id)
                .toList();
    }

    /**
     * @param height the maximum number of lines; running steps come first, and a last line counts the rest
     * @param width longer lines are cut
     */
    List<String> lines(Instant now, int height, int width) {
        List<StepLine> shown = new ArrayList<>(steps.values());
        List<String> lines = new ArrayList<>();
        List<StepLine> rest = List.of();
        if (shown.size() > height) {
            shown.sort(Comparator.comparingInt(StepLine::rank));
            rest = shown.subList(height - 1, shown.size());
            shown = shown.subList(0, height - 1);
        }
        int widest = shown.stream()
                .mapToInt(step -> label.apply(step.id()).length())
                .max()
                .orElse(0);
        shown.forEach(step ->
                lines.add(paint.state(step.state(), cut(step.text(label.apply(step.id()), widest, now), width))));
        if (!rest.isEmpty()) {
            lines.add(cut("and " + count(rest), width));
        }
        return lines;
    }

    private static String count(List<StepLine> steps) {
        Map<StepState, Integer> byState = new EnumMap<>(StepState.class);
        steps.forEach(step -> byState.merge(step.state(), 1, Integer::sum));
        return byState.entrySet().stream()
                .map(entry -> entry.getValue() + " " + entry.getKey().wire())
                .collect(Collectors.joining(", "));
    }

    private static String cut(String line, int width) {
        return line.length() <= width ? line : line.substring(0, Math.max(0, width));
    }
}
