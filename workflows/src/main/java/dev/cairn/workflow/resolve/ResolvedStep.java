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
 * @param command program and arguments; for a step with {@code uses}, only the action's name
 * @param resumeCommand for the engine {@code app}: the command that resumes from its saved files
 * @param environment the declared variables, to add to the runner's own
 * @param secrets names of the variables in {@code environment} whose values must not be stored
 * @param masked secrets to mask in its log; never stored
 * @param workingDirectory the folder in which it starts
 * @param standardInput its file; {@code /dev/null} by default
 * @param outputs the declared output files by name
 * @param artifacts the declared artifacts
 * @param reads for a step with {@code cache}, the files and folders that it reads, as far as its definition names them;
 *     else empty
 * @param rollbackTrees files and folders that a resume rolls back
 * @param identity the data that must agree between a step and its image
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
