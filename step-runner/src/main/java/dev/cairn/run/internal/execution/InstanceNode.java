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
    /** The index in the order of the plan, in which instances start. */
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

    /** Makes it wait for one instance of a needed step, and not for all. */
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
     * The state that dependents get from this instance once it has ended. A used workflow file gets only the
     * information whether it runs at all, and returns only how it ended as a whole.
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

    /**
     * The reason why its dependents cannot succeed, as text for the user: it, or a step before it, failed or was
     * cancelled.
     */
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

    /** Whether everything that it needs has ended. */
    boolean mayStart() {
        return needsLeft == 0 && group.mayStart();
    }

    /** The state of the steps that this instance depends on. */
    Upstream upstream() {
        return group.upstream().and(upstream);
    }

    /** Whether it is the begin of a used workflow file. People see that file's steps instead. */
    boolean isHidden() {
        return group.step.action() instanceof Action.EnterPart;
    }

    /** For people. */
    String label() {
        return instance.label();
    }

    /** Use it only while no execution owns it. */
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

    /** The resources of this host that it takes in its present or next try; determined once for each try. */
    Capacity wants(TaskSource tasks) {
        if (wants == null) {
            wants = tasks.wants(group.step, instance, manifest);
        }
        return wants;
    }

    /** Forgets the resources, because its next try may take others. */
    void forgetWants() {
        wants = null;
    }

    /** Whether a dead runner left an open attempt: it may be running, so the executor attaches to it at once. */
    boolean hasOpenAttempt() {
        return manifest.openAttempt().isPresent();
    }
}
