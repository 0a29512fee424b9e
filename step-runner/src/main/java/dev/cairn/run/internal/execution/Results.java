package dev.cairn.run.internal.execution;

import dev.cairn.run.manifest.StepState;
import dev.cairn.workflow.resolve.StepResult;
import dev.cairn.workflow.resolve.StepResults;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** The results of steps that have ended. Confined to the executor's thread. */
final class Results implements StepResults {
    /** The status of a matrix step is the first of these that any of its instances has. */
    private static final List<StepState> WORST_FIRST =
            List.of(StepState.FAILED, StepState.CANCELLED, StepState.SUCCEEDED, StepState.SKIPPED);

    private final Map<String, StepNode> groups = new HashMap<>();

    void add(StepNode group) {
        groups.put(group.step.id(), group);
    }

    @Override
    public StepResult of(String stepId) {
        return of(group(stepId));
    }

    private StepNode group(String stepId) {
        StepNode group = groups.get(stepId);
        if (group == null) {
            throw new IllegalArgumentException("there is no step " + stepId + " in this run");
        }
        return group;
    }

    @Override
    public StepResult of(String stepId, int instance) {
        return of(group(stepId).nodes.get(instance));
    }

    static StepResult of(InstanceNode node) {
        return new StepResult(node.state().wire(), List.of(outputs(node)));
    }

    static StepResult of(StepNode group) {
        String status = WORST_FIRST.stream()
                .filter(group::any)
                .findFirst()
                .orElse(StepState.PENDING)
                .wire();
        return new StepResult(status, group.nodes.stream().map(Results::outputs).toList());
    }

    private static Map<String, String> outputs(InstanceNode node) {
        if (!node.state().isFinal()) {
            return Map.of(); // its execution owns its manifest
        }
        Map<String, String> outputs = new TreeMap<>(node.manifest().outputs());
        outputs.putAll(node.manifest().texts());
        return outputs;
    }
}
