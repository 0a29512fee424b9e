package dev.cairn.run.internal.execution;

import dev.cairn.run.manifest.StepState;
import dev.cairn.workflow.expression.Upstream;
import dev.cairn.workflow.plan.Pairing;
import dev.cairn.workflow.plan.PlanStep;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** A step with all its instances. Confined to the executor's thread. */
final class StepNode {
    final PlanStep step;
    /** Its index in the plan. */
    final int order;

    final List<InstanceNode> nodes = new ArrayList<>();
    final List<StepNode> dependents = new ArrayList<>();
    final List<StepNode> followers = new ArrayList<>();
    /** The steps whose matrices come from this step's outputs. */
    final List<StepNode> awaiting = new ArrayList<>();

    private final List<StepNode> needs = new ArrayList<>();
    private final List<StepNode> awaits = new ArrayList<>();
    private int needsLeft;
    private int awaitsLeft;
    private int notEnded;
    private int executions;
    private boolean passedOn;
    private Upstream upstream;
    /** For the end of a used workflow file: its begin. */
    private Optional<StepNode> entry = Optional.empty();

    private Optional<String> brokenBy = Optional.empty();

    /** @param upstream the state of the run before any needed step has ended */
    StepNode(PlanStep step, int order, Upstream upstream) {
        this.step = step;
        this.order = order;
        this.upstream = upstream;
    }

    /** Makes this step wait for another, or each instance for its counterpart. Call it when all instances of both are known. */
    void need(StepNode needed) {
        if (!needLanes(needed)) {
            needs.add(needed);
            needed.dependents.add(this);
            needsLeft++;
        }
    }

    private boolean needLanes(StepNode needed) {
        Optional<int[]> lanes = Pairing.lanes(step, needed.step);
        if (lanes.isPresent()) {
            for (int i = 0; i < nodes.size(); i++) {
                nodes.get(i).need(needed.nodes.get(lanes.get()[i]));
            }
        }
        return lanes.isPresent();
    }

    /** Makes this step the end of the used workflow file that begins with that step. */
    void endsWhatBeginsWith(StepNode begin) {
        entry = Optional.of(begin);
    }

    /** The begin that belongs to an end of a used workflow file; empty for every other step. */
    Optional<InstanceNode> entryOf(InstanceNode end) {
        return entry.map(begin -> begin.nodes.get(Math.min(begin.nodes.size(), Math.max(1, end.instance.index())) - 1));
    }

    /** Records that its matrix cannot be determined before that step has ended. */
    void await(StepNode other) {
        awaits.add(other);
        other.awaiting.add(this);
        awaitsLeft++;
    }

    void awaitedEnded() {
        awaitsLeft--;
    }

    /** Whether the instances are still unknown and can be determined now. */
    boolean isToBeDecided() {
        return isOpen() && awaitsLeft == 0 && !hasEnded();
    }

    /** Whether its only node represents the whole step. */
    boolean isOpen() {
        return nodes.get(0).instance.index() == 0;
    }

    /** The failed or cancelled step that the matrix depends on; empty if there is none. */
    Optional<StepNode> brokenSource() {
        return awaits.stream()
                .filter(source -> source.any(StepState.FAILED) || source.any(StepState.CANCELLED))
                .findFirst();
    }

    /** Sets the instances: from now on each waits only for its counterparts, if it has any. */
    void decided(List<InstanceNode> instances) {
        fill(instances);
        List.copyOf(needs).forEach(needed -> split(this, needed));
        List.copyOf(dependents).forEach(dependent -> split(dependent, this));
    }

    private static void split(StepNode asking, StepNode needed) {
        if (!needed.hasEnded() && asking.needLanes(needed)) {
            asking.needs.remove(needed);
            needed.dependents.remove(asking);
            asking.needsLeft--;
        }
    }

    /** Makes it start after another step, however that step ends. */
    void waitFor(StepNode earlier) {
        earlier.followers.add(this);
        needsLeft++;
    }

    void earlierEnded() {
        needsLeft--;
    }

    /** Gives it its instances. */
    void fill(List<InstanceNode> instances) {
        nodes.clear();
        nodes.addAll(instances);
        notEnded = (int) nodes.stream().filter(node -> !node.state().isFinal()).count();
    }

    boolean mayStart() {
        return needsLeft == 0;
    }

    boolean hasEnded() {
        return notEnded == 0;
    }

    /** Whether its dependents have been informed of its end. */
    boolean isPassedOn() {
        return passedOn;
    }

    void passOn() {
        passedOn = true;
    }

    void instanceEnded() {
        notEnded--;
    }

    /** Records that a step which this one needs has ended. */
    void neededEnded(StepNode needed) {
        needsLeft--;
        brokenBy = brokenBy.or(
                () -> Stream.concat(needed.nodes.stream().map(InstanceNode::breaks), Stream.of(needed.brokenBy))
                        .flatMap(Optional::stream)
                        .findFirst());
        upstream = needed.nodes.stream().map(InstanceNode::passes).reduce(upstream, Upstream::and);
    }

    /** The state of the steps that all instances wait for. */
    Upstream upstream() {
        return upstream;
    }

    /** The step that failed or was cancelled before this one, as text for the user; empty if there is none. */
    Optional<String> brokenBy() {
        return brokenBy;
    }

    /** Whether none of its instances has an execution. */
    boolean isIdle() {
        return executions == 0;
    }

    boolean hasFreeSlot() {
        return executions < step.matrix().maxParallel();
    }

    void executionStarted() {
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
