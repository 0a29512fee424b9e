package dev.cairn.workflow.resolve;

import java.util.List;
import java.util.Map;

/**
 * The values of {@code steps.ID.*} for a step that has ended; immutable.
 *
 * @param status {@code succeeded}, {@code failed}, {@code skipped} or {@code cancelled}; for a matrix step, the first
 *     of failed, cancelled, succeeded and skipped that any instance has
 * @param outputs one map of absolute paths and texts per instance, in order; empty for a skipped instance; exactly one
 *     map without a matrix
 */
public record StepResult(String status, List<Map<String, String>> outputs) {
    public StepResult {
        outputs = List.copyOf(outputs);
    }
}
