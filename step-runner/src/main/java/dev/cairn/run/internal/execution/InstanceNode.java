package dev.cairn.run.internal.execution;

import dev.cairn.run.internal.step.StepExecution;
import dev.cairn.run.manifest.StepManifest;
import dev.cairn.run.manifest.StepState;
import dev.cairn.workflow.plan.Instance;
import org.jspecify.annotations.Nullable;

/** One instance of a step. Confined to the executor's thread, except the manifest, which a running execution owns. */
final class InstanceNode {
    final StepNode group;
    final Instance instance;
    final int order;
    private final StepManifest manifest;
    private StepState state;
    private @Nullable StepExecution execution;

    /** @param order its place in the plan: who is earlier starts first */
    InstanceNode(StepNode group, Instance instance, int order, StepManifest manifest) {
        this.group = group;
        this.instance = instance;
        this.order = order;
        this.manifest = manifest;
        this.state = manifest.state();
    }

    String id() {
        return instance.id();
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

    /** Whether an attempt is open that a dead runner started: it may be running, and is taken up at once. */
    boolean hasOpenAttempt() {
        return manifest.openAttempt().isPresent();
    }
}
