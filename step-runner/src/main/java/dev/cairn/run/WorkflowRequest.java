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
 * @param text of the workflow, where it is not to be read from the file
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

    /** This text in place of what is in the file now, whose folder is still where relative paths begin. */
    public WorkflowRequest withText(String validated) {
        return new WorkflowRequest(file, inputs, key, fresh, options, Optional.of(validated));
    }
}
