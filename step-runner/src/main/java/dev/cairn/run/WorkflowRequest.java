package dev.cairn.run;

import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/**
 * A request such as {@code cairn run FILE}.
 *
 * @param file the workflow file
 * @param inputs the given inputs
 * @param key the key of the run
 * @param fresh whether to start a new run even if there is an unfinished one
 * @param text the workflow's text; empty to read the file
 */
public record WorkflowRequest(
        Path file,
        Map<String, String> inputs,
        Optional<String> key,
        boolean fresh,
        ResumeOptions options,
        Optional<String> text) {
    public WorkflowRequest {
        file = file.toAbsolutePath().normalize();
        inputs = Map.copyOf(inputs);
    }

    /** A request with only the file: no inputs and no key. */
    public static WorkflowRequest of(Path file) {
        return new WorkflowRequest(file, Map.of(), Optional.empty(), false, ResumeOptions.NONE, Optional.empty());
    }

    public WorkflowRequest withInputs(Map<String, String> given) {
        return new WorkflowRequest(file, given, key, fresh, options, text);
    }

    public WorkflowRequest withKey(String name) {
        return new WorkflowRequest(file, inputs, Optional.of(name), fresh, options, text);
    }

    public WorkflowRequest startingNew() {
        return new WorkflowRequest(file, inputs, key, true, options, text);
    }

    public WorkflowRequest with(ResumeOptions chosen) {
        return new WorkflowRequest(file, inputs, key, fresh, chosen, text);
    }

    /** The same request with this text in place of the file's. Relative paths still begin at the file's folder. */
    public WorkflowRequest withText(String validated) {
        return new WorkflowRequest(file, inputs, key, fresh, options, Optional.of(validated));
    }
}
