package dev.cairn.workflow.internal.read;

import dev.cairn.workflow.problem.Place;
import dev.cairn.workflow.problem.Problems;
import dev.cairn.workflow.spec.Workflow;
import dev.cairn.yaml.YamlReader;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** Reads the text of a workflow file. */
public final class WorkflowReader {

    private WorkflowReader() {}

    /**
     * @param file the absolute path of the text's source; not read
     * @param problems receives every problem with keys, types and expressions
     * @return the readable part of the workflow; empty if there is none
     */
    public static Optional<Workflow> read(String text, Path file, Problems problems) {
        var root = YamlReader.read(text, problems);
        if (root.isEmpty() && problems.isEmpty()) {
            problems.add(Place.FILE, "the file is empty; a workflow has at least \"steps\"");
        }
        return root.flatMap(node -> WorkflowKeys.type(file).read(node, problems));
    }

    /** The JSON Schema (draft 2020-12) of a workflow file, made from the types that {@link #read} uses. */
    public static Map<String, Object> schema() {
        Definitions definitions = new Definitions();
        Map<String, Object> root = WorkflowKeys.type(Path.of("workflow.yaml")).schema(definitions);
        Map<String, Object> schema = new LinkedHashMap<>();
        schema.put("$schema", "https://json-schema.org/draft/2020-12/schema");
        schema.put("title", "Cairn workflow");
        schema.putAll(root);
        schema.put("$defs", definitions.all());
        return schema;
    }
}
