package dev.cairn.run.internal.execution;

import dev.cairn.run.internal.step.StepExecution;
import dev.cairn.run.manifest.StepManifest;
import dev.cairn.run.manifest.StepState;
import dev.cairn.workflow.expression.Upstream;
import dev.cairn.workflow.plan.Action;
import dev.cairn.workflow.plan.Instance;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** One instance of a step. Confined to the executor's thread, except the manifest, which a running execution owns. */
final class InstanceNode {
    /** In the order of the plan, in which instances start. */
    static final Comparator<InstanceNode> IN_ORDER = Comparator.<InstanceNode>comparingInt(node -> node.group.order)
            .thenComparingInt(node -> node.instance.index());

    final StepNode group;
    final Instance instance;
    private final StepManifest manifest;
    private StepState state;
    private @Nullable StepExecution execution;
    private @Nullable Capacity wants;
    private final List<InstanceNode> dependents = new ArrayList<>();
    private int needsLeft;
    private Upstream upstream = Upstream.WELL;
    private Optional<String> brokenBy = Optional.empty();
    private boolean passedOn;

    InstanceNode(StepNode group, Instance instance, StepManifest manifest) {
        this.group = group;
        this.instance = instance;
        this.manifest = manifest;
        this.state = manifest.state();
    }

    String id() {
        return instance.id();
    }

    /** Waits for one instance of a step that it needs, and not for all. */
    void need(InstanceNode counterpart) {
        if (counterpart.passedOn) {
            take(counterpart);
            return;
        }
        counterpart.dependents.add(this);
        needsLeft++;
    }

    /** Informs the instances that wait only for this one, once; returns them. */
    List<InstanceNode> passOn() {
        if (passedOn) {
            return List.of();
        }
        passedOn = true;
        for (InstanceNode dependent : dependents) {
            dependent.needsLeft--;
            dependent.take(this);
        }
        return dependents;
    }

    /** Adds the result of a counterpart that has ended. */
    private void take(InstanceNode counterpart) {
        upstream = upstream.and(counterpart.passes());
        brokenBy = brokenBy.or(counterpart::breaks);
    }

    /**
     * The state that dependents get from this instance once it has ended. Into a used workflow file passes only whether it runs at all, and
     * out of it only how it ended as a whole.
     */
    Upstream passes() {
        if (group.step.action() instanceof Action.EnterPart) {
            return new Upstream(false, false, state != StepState.SUCCEEDED);
        }
        Upstream before = group.entryOf(this).map(InstanceNode::upstream).orElseGet(this::upstream);
        return before.and(new Upstream(failsTheRun(), state == StepState.CANCELLED));
    }

    private boolean failsTheRun() {
        return state == StepState.FAILED && !group.step.policies().continueOnError();
    }

    /** Why its dependents cannot succeed: it, or a step before it, failed or was cancelled. Text for the user. */
    Optional<String> breaks() {
        if (failsTheRun()) {
            return Optional.of(label() + " failed");
        }
        if (group.step.action() instanceof Action.EnterPart && state == StepState.SKIPPED) {
            return Optional.of(manifest.message());
        }
        Optional<InstanceNode> entry = group.entryOf(this);
        return state == StepState.CANCELLED
                ? Optional.of(label() + " was cancelled")
                : entry.isPresent() ? entry.get().brokenBy() : brokenBy();
    }

    /** The step that failed or was cancelled before this one, as text for the user; empty if there is none. */
    Optional<String> brokenBy() {
        return brokenBy.or(group::brokenBy);
    }

    /** All that it needs has ended. */
    boolean mayStart() {
        return needsLeft == 0 && group.mayStart();
    }

    /** The state of the steps that this instance depends on. */
    Upstream upstream() {
        return group.upstream().and(upstream);
    }

    /** Whether it only decides if the steps of a used workflow file run: people see those. */
    boolean isHidden() {
        return group.step.action() instanceof Action.EnterPart;
    }

    /** For people. */
    String label() {
        return instance.label();
    }

    /** Only while no execution holds it. */
    StepManifest manifest() {
        return manifest;
    }

    StepState state() {
        return state;
    }

    void state(StepState newState) {
        state = newState;
    }

    @Nullable
    StepExecution execution() {
        return execution;
    }

    void execution(@Nullable StepExecution newExecution) {
        execution = newExecution;
    }

    /** What it takes of this host in its next try, or in the one that runs; asked for once for each. */
    Capacity wants(TaskSource tasks) {
        if (wants == null) {
            wants = tasks.wants(group.step, instance, manifest);
        }
        return wants;
    }

    /** Its next try may take something else. */
    void forgetWants() {
        wants = null;
    }

    /** Whether a dead runner left an open attempt: it may be running, so the executor attaches to it at once. */
    boolean hasOpenAttempt() {
        return manifest.openAttempt().isPresent();
    }
}
