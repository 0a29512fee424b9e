package dev.cairn.run;

import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/**
 * A line such as {@code cairn run FILE}.
 *
 * @param file the workflow file
 * @param inputs as given
 * @param key names the run
 * @param fresh start a new run even when there is an unfinished one
 */
public record WorkflowRequest(
        Path file, Map<String, String> inputs, Optional<String> key, boolean fresh, ResumeOptions options) {
    public WorkflowRequest {
        file = file.toAbsolutePath().normalize();
        inputs = Map.copyOf(inputs);
    }

    /** The file, no inputs, whatever run that means. */
    public static WorkflowRequest of(Path file) {
        return new WorkflowRequest(file, Map.of(), Optional.empty(), false, ResumeOptions.NONE);
    }

    public WorkflowRequest withInputs(Map<String, String> given) {
        return new WorkflowRequest(file, given, key, fresh, options);
    }

    public WorkflowRequest withKey(String name) {
        return new WorkflowRequest(file, inputs, Optional.of(name), fresh, options);
    }

    public WorkflowRequest startingNew() {
        return new WorkflowRequest(file, inputs, key, true, options);
    }

    public WorkflowRequest with(ResumeOptions chosen) {
        return new WorkflowRequest(file, inputs, key, fresh, chosen);
    }
}
