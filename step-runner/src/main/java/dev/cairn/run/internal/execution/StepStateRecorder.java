package dev.cairn.run.internal.execution;

import dev.cairn.run.event.RunEvent;
import dev.cairn.run.internal.step.StepServices;
import dev.cairn.run.manifest.ImageRecord;
import dev.cairn.run.manifest.StepManifest;
import dev.cairn.run.manifest.StepState;
import dev.cairn.workflow.plan.Instance;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;

/** Records the states of steps in their manifests and in the run's index, and reports them to the listener. */
final class StepStateRecorder {
    private final ManifestIndex index;
    private final StepServices services;

    StepStateRecorder(ManifestIndex index, StepServices services) {
        this.index = index;
        this.services = services;
    }

    /** Records a new state of a step that has no execution. */
    void decide(InstanceNode node, StepState state, String message) throws IOException {
        StepManifest manifest = node.manifest();
        manifest.state(state, message);
        manifest.offer(services.publisher());
        takeOver(node);
    }

    /** Records that the matrix of a step has been decided. */
    void decided(StepNode group, Instance step) throws IOException {
        if (group.nodes.get(0).isHidden()) {
            return;
        }
        index.decided(step, group.nodes);
        Map<String, String> labels = new LinkedHashMap<>();
        group.nodes.forEach(node -> labels.put(node.id(), node.label()));
        services.listener().on(new RunEvent.InstancesDecided(services.clock().instant(), step.id(), labels));
    }

    /** Records the state in which an execution left its step. The manifest holds it already. */
    void takeOver(InstanceNode node) throws IOException {
        StepManifest manifest = node.manifest();
        node.state(manifest.state());
        if (node.isHidden()) {
            return;
        }
        services.listener()
                .on(new RunEvent.StepChanged(
                        services.clock().instant(), node.id(), manifest.state(), manifest.message()));
        index.changed(node.instance, manifest.state(), newestImage(manifest));
    }

    /** A execution begins. */
    void running(InstanceNode node) throws IOException {
        node.state(StepState.RUNNING);
        index.changed(node.instance, StepState.RUNNING, newestImage(node.manifest()));
    }

    static OptionalLong newestImage(StepManifest manifest) {
        List<ImageRecord> images = manifest.images();
        return images.isEmpty()
                ? OptionalLong.empty()
                : OptionalLong.of(images.get(images.size() - 1).sequence());
    }
}
