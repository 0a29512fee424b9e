package dev.cairn.run.internal.execution;

import dev.cairn.run.manifest.StepState;
import dev.cairn.workflow.expression.Upstream;
import dev.cairn.workflow.plan.Pairing;
import dev.cairn.workflow.plan.PlanStep;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** A step with all its instances. Confined to the executor's thread. */
final class StepNode {
    final PlanStep step;
    final List<InstanceNode> nodes = new ArrayList<>();
    final List<StepNode> dependents = new ArrayList<>();
    final List<StepNode> followers = new ArrayList<>();
    private int needsLeft;
    private int notEnded;
    private int executions;
    private boolean passedOn;
    private Upstream upstream;

    /** @param upstream how the run goes before anything that the step needs has ended */
    StepNode(PlanStep step, Upstream upstream) {
        this.step = step;
        this.upstream = upstream;
    }

    /** Waits for a step, or each instance for its counterpart; called once all instances of both are there. */
    void need(StepNode needed) {
        Optional<int[]> lanes = Pairing.lanes(step, needed.step);
        if (lanes.isPresent()) {
            for (int i = 0; i < nodes.size(); i++) {
                nodes.get(i).need(needed.nodes.get(lanes.get()[i]));
            }
            return;
        }
        needed.dependents.add(this);
        needsLeft++;
    }

    /** Starts after another without being concerned by how that one ended. */
    void waitFor(StepNode earlier) {
        earlier.followers.add(this);
        needsLeft++;
    }

    void earlierEnded() {
        needsLeft--;
    }

    /** Counts the instances that have yet to end; called once they all are there. */
    void count() {
        notEnded = (int) nodes.stream().filter(node -> !node.state().isFinal()).count();
    }

    boolean mayStart() {
        return needsLeft == 0;
    }

    boolean hasEnded() {
        return notEnded == 0;
    }

    /** Whether those that need it know of its end. */
    boolean isPassedOn() {
        return passedOn;
    }

    void passOn() {
        passedOn = true;
    }

    void instanceEnded() {
        notEnded--;
    }

    /** A step that this one needs has ended. */
    void neededEnded(StepNode needed) {
        needsLeft--;
        Upstream own = new Upstream(needed.failsTheRun(), needed.any(StepState.CANCELLED));
        upstream = needed.nodes.stream()
                .map(InstanceNode::upstream)
                .reduce(upstream.and(needed.upstream).and(own), Upstream::and);
    }

    /** Seen by each of its instances, but for what only some wait for. */
    Upstream upstream() {
        return upstream;
    }

    /** None of its instances has a execution. */
    boolean isIdle() {
        return executions == 0;
    }

    boolean hasTurnFree() {
        return executions < step.matrix().maxParallel();
    }

    void turnStarted() {
        executions++;
    }

    void executionEnded() {
        executions--;
    }

    boolean failsTheRun() {
        return any(StepState.FAILED) && !step.policies().continueOnError();
    }

    boolean any(StepState state) {
        return nodes.stream().anyMatch(node -> node.state() == state);
    }
}
