package dev.cairn.run.internal.execution;

import dev.cairn.run.manifest.Publisher;
import dev.cairn.run.manifest.RunManifest;
import dev.cairn.run.manifest.StepState;
import dev.cairn.workflow.plan.Instance;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * Keeps the index of steps in {@code manifest.json}. The index is as long as the run has steps, so it is written only
 * after a fixed share of them has changed. Its whole cost then grows with their number, not with the square. A write
 * that fails is repeated later.
 */
final class ManifestIndex {
    private static final int WRITES_PER_ROUND = 64;
    private final RunManifest manifest;
    private final Publisher publisher;
    private final Clock clock;
    private final Duration before;
    private final long since = System.nanoTime();
    private int steps;
    private int changes;

    ManifestIndex(RunManifest manifest, Publisher publisher, Clock clock, int steps) {
        this.manifest = manifest;
        this.publisher = publisher;
        this.clock = clock;
        this.before = manifest.driven();
        this.steps = steps;
    }

    void changed(Instance step, StepState state, OptionalLong newestImage) throws IOException {
        note(step, state, newestImage);
        if (++changes >= Math.max(1, steps / WRITES_PER_ROUND)) {
            write();
        }
    }

    /** Replaces a step by its instances. */
    void decided(Instance step, List<InstanceNode> instances) throws IOException {
        manifest.forget(step.id());
        instances.forEach(node -> note(node.instance, node.state(), OptionalLong.empty()));
        steps += instances.size();
        write();
    }

    /** How long runners have driven the run, including this one. */
    Duration driven() {
        return before.plusNanos(System.nanoTime() - since);
    }

    /** Without writing. */
    void note(Instance step, StepState state, OptionalLong newestImage) {
        Optional<String> label = step.id().equals(step.label()) ? Optional.empty() : Optional.of(step.label());
        manifest.step(step.id(), new RunManifest.StepLine(state, newestImage, label));
    }

    void write() throws IOException {
        manifest.driven(driven());
        manifest.offer(publisher, clock.instant());
        changes = 0;
    }
}
