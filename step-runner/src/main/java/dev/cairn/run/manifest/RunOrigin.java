package dev.cairn.run.manifest;

import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Where a run came from.
 *
 * @param name of the workflow or command, for people
 * @param key the name that finds it; one unfinished run has it at a time
 * @param workflow the file, absolute; empty for a single command
 * @param command what a run without a workflow file runs
 * @param folder where its steps run unless they say otherwise, absolute
 * @param digest of the workflow's text; empty for a command
 * @param inputs resolved, defaults such as {@code today} included, as text
 * @param environment those inherited variables that decide which programs a command finds
 */
public record RunOrigin(
        String name,
        Optional<String> key,
        Optional<Path> workflow,
        Optional<CommandOrigin> command,
        Path folder,
        String digest,
        Map<String, String> inputs,
        Map<String, String> environment) {

    /** The same run with a changed workflow file. */
    public RunOrigin withDigest(String changed) {
        return new RunOrigin(name, key, workflow, command, folder, changed, inputs, environment);
    }

    static RunOrigin from(JsonNode root) {
        JsonNode workflow = root.path("workflow");
        return new RunOrigin(
                ManifestFields.text(root, "name"),
                ManifestFields.optionalText(root, "key"),
                ManifestFields.optionalText(workflow, "file").map(Path::of),
                root.path("command").isObject()
                        ? Optional.of(CommandOrigin.from(root.path("command")))
                        : Optional.empty(),
                Path.of(ManifestFields.text(root, "folder")),
                ManifestFields.text(workflow, "digest"),
                ManifestFields.texts(root, "inputs"),
                ManifestFields.texts(root, "environment"));
    }

    void into(ObjectNode root) {
        root.put("name", name);
        ManifestFields.putOptional(root, "key", key);
        root.put("folder", folder.toString());
        workflow.ifPresent(file ->
                root.withObjectProperty("workflow").put("file", file.toString()).put("digest", digest));
        command.ifPresent(given -> given.into(root.withObjectProperty("command")));
        ManifestFields.put(root, "inputs", inputs);
        ManifestFields.put(root, "environment", environment);
    }
}
