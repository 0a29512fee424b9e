package dev.cairn.workflow.resolve;

import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * A command, ready to be started; immutable. All paths are absolute.
 *
 * @param command program and arguments; of a step with {@code uses} its name alone
 * @param resumeCommand for the engine {@code app}: the command that resumes from its saved files
 * @param environment the declared variables, to add to the runner's own
 * @param secrets names of those in {@code environment} whose values must not be written down
 * @param masked secrets that are not shown in its log; never written down
 * @param workingDirectory where it starts
 * @param standardInput {@code /dev/null} unless the step says otherwise
 * @param outputs the declared output files by name
 * @param artifacts the declared artifacts
 * @param reads of a step with {@code cache}: the files and folders that it reads, as far as its definition names them; empty otherwise
 * @param rollbackTrees files and folders that go back with the step
 * @param identity what a run must have in common with an image to resume from it
 */
public record ResolvedStep(
        List<String> command,
        Optional<List<String>> resumeCommand,
        Map<String, String> environment,
        Set<String> secrets,
        Set<String> masked,
        Path workingDirectory,
        Path standardInput,
        Map<String, Path> outputs,
        List<Path> artifacts,
        Optional<List<Path>> reads,
        List<Path> rollbackTrees,
        StepIdentity identity) {

    public ResolvedStep {
        command = List.copyOf(command);
        resumeCommand = resumeCommand.map(List::copyOf);
        environment = Collections.unmodifiableMap(new LinkedHashMap<>(environment));
        secrets = Set.copyOf(secrets);
        masked = Set.copyOf(masked);
        outputs = Collections.unmodifiableMap(new LinkedHashMap<>(outputs));
        artifacts = List.copyOf(artifacts);
        reads = reads.map(List::copyOf);
        rollbackTrees = List.copyOf(rollbackTrees);
    }
}
