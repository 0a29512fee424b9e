package dev.cairn.workflow.resolve;

import java.util.List;
import java.util.Map;

/**
 * What {@code steps.ID.*} means once the step has ended; immutable.
 *
 * @param status {@code succeeded}, {@code failed}, {@code skipped} or {@code cancelled}; of a matrix step: the first of
 *     failed, cancelled, succeeded, skipped that one of its instances has
 * @param outputs one map of absolute paths, and of texts, per instance, in order, empty for one that was skipped; exactly one without a matrix
 */
public record StepResult(String status, List<Map<String, String>> outputs) {
    public StepResult {
        outputs = List.copyOf(outputs);
    }
}
