package dev.cairn.run.internal.execution;

import dev.cairn.run.event.EventHistory;
import dev.cairn.run.manifest.RunFolder;
import dev.cairn.run.manifest.StepManifest;
import dev.cairn.run.manifest.StepState;
import dev.cairn.workflow.expression.Upstream;
import dev.cairn.workflow.plan.Action;
import dev.cairn.workflow.plan.Instance;
import dev.cairn.workflow.plan.PlanStep;
import dev.cairn.workflow.plan.Use;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * One of a plan's lists of steps (the steps, {@code on_failure}, {@code finally}), as a graph with the states from the
 * manifest.
 */
final class Phase {
    private final RunFolder run;
    private final List<StepNode> groups = new ArrayList<>();

    private Phase(RunFolder run) {
        this.run = run;
    }

    /**
     * @param steps the steps, each after the steps that it needs
     * @param oneByOne whether each step also waits for the one before it
     * @param upstream the state of the run so far
     */
    static Phase load(RunFolder run, List<PlanStep> steps, boolean oneByOne, Upstream upstream) throws IOException {
        Phase phase = new Phase(run);
        Map<String, StepNode> byId = new HashMap<>();
        for (PlanStep step : steps) {
            StepNode group = new StepNode(step, phase.groups.size(), upstream);
            group.fill(instances(group, run));
            step.needs().stream().map(byId::get).forEach(group::need);
            step.matrix().awaits().stream().map(byId::get).forEach(group::await);
            if (oneByOne && !phase.groups.isEmpty()) {
                group.waitFor(phase.groups.get(phase.groups.size() - 1));
            }
            if (step.action() instanceof Action.LeavePart) {
                step.use().map(Use::entryId).map(byId::get).ifPresent(group::endsWhatBeginsWith);
            }
            phase.groups.add(group);
            byId.put(step.id(), group);
        }
        return phase;
    }

    /** One step, by itself. */
    static StepNode alone(RunFolder run, PlanStep step) throws IOException {
        StepNode group = new StepNode(step, 0, Upstream.WELL);
        group.fill(instances(group, run));
        return group;
    }

    private static List<InstanceNode> instances(StepNode group, RunFolder run) throws IOException {
        List<InstanceNode> nodes = new ArrayList<>();
        for (Instance instance : group.step.matrix().instances()) {
            nodes.add(new InstanceNode(group, instance, manifest(run, instance.id())));
        }
        return nodes;
    }

    /** The matrix of one of its steps has been decided. */
    void decided(StepNode group) throws IOException {
        group.decided(instances(group, run));
    }

    private static StepManifest manifest(RunFolder run, String id) throws IOException {
        Optional<StepManifest> known = StepManifest.read(run.step(id));
        if (known.isPresent()) {
            return known.get();
        }
        StepManifest blank = StepManifest.create(run.step(id));
        EventHistory.newestAttempt(run, id).ifPresent(attempt -> {
            blank.put(attempt);
            blank.state(StepState.RUNNING, "");
        });
        return blank;
    }

    List<StepNode> groups() {
        return groups;
    }

    /** The steps that people see: the begins of used workflow files are left out. */
    Stream<InstanceNode> shown() {
        return nodes().filter(node -> !node.isHidden());
    }

    Stream<InstanceNode> nodes() {
        return groups.stream().flatMap(group -> group.nodes.stream());
    }

    boolean hasEnded() {
        return groups.stream().allMatch(StepNode::hasEnded);
    }

    boolean failed() {
        return groups.stream().anyMatch(group -> group.step.isOutermost() && group.failsTheRun());
    }

    boolean any(StepState state) {
        return groups.stream().anyMatch(group -> group.any(state));
    }
}
