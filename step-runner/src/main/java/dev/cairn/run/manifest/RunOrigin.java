package dev.cairn.run.manifest;

import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The origin of a run.
 *
 * @param name the name of the workflow or command, for people
 * @param key the key that identifies it; at most one unfinished run has it
 * @param workflow the workflow file, absolute; empty for a single command
 * @param command the command of a run without a workflow file
 * @param folder the default folder of its steps, absolute
 * @param digest the digest of the workflow's text; empty for a command
 * @param inputs the resolved inputs as text, including defaults such as {@code today}
 * @param environment the inherited variables that decide which programs a command finds
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
