package dev.cairn.run.manifest;

import dev.cairn.files.DocumentType;
import dev.cairn.files.DurableFiles;
import dev.cairn.workflow.plan.Plan;
import dev.cairn.workflow.plan.PlanStep;
import dev.cairn.workflow.value.Value;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * The combinations of a matrix that was decided while the run ran, in {@code matrices/STEP.json}. They are decided
 * once, and are the same after every resume. Stateless; any thread.
 */
public final class MatrixRecord {
    private static final DocumentType TYPE = new DocumentType("cairn.matrix", 1);
    private static final String INSTANCES = "instances";
    /** The type of a value whose spelling is kept: {@code 3.10} is not {@code 3.1}. */
    private static final String NUMBER = "number";

    private static final String FIELDS = "fields";

    private MatrixRecord() {}

    /** Records the decision; call it before the first instance starts. */
    public static void write(RunFolder run, String step, List<Map<String, Value>> combinations, WriteGuard guard)
            throws IOException {
        ObjectNode root = TYPE.create();
        ArrayNode all = root.putArray(INSTANCES);
        combinations.forEach(values -> all.add(fields(values)));
        guard.publish(run.matrix(step), () -> {
            DurableFiles.createFolders(run.matrices());
            TYPE.write(run.matrix(step), root);
        });
    }

    /** The combinations in order; empty if the matrix has not been decided. */
    public static Optional<List<Map<String, Value>>> read(RunFolder run, String step) throws IOException {
        return TYPE.readIfPresent(
                run.matrix(step),
                root -> ManifestFields.list(root, INSTANCES)
                        .map(MatrixRecord::fields)
                        .toList());
    }

    /** Removes the record, so that the matrix is determined again. */
    public static void discard(RunFolder run, String step, WriteGuard guard) throws IOException {
        guard.publish(run.matrix(step), () -> {
            if (Files.deleteIfExists(run.matrix(step))) {
                DurableFiles.syncFolder(run.matrices());
            }
        });
    }

    /** Decides the matrices of a plan as the run has recorded them. */
    public static void apply(RunFolder run, Plan plan) throws IOException {
        for (PlanStep step : plan.steps()) {
            if (step.matrix().decidedInRun().isPresent()) {
                read(run, step.matrix().key()).ifPresent(step.matrix()::decide);
            }
        }
    }

    private static ObjectNode fields(Map<String, Value> values) {
        ObjectNode object = JsonNodeFactory.instance.objectNode();
        values.forEach((name, value) -> object.set(name, node(value)));
        return object;
    }

    private static JsonNode node(Value value) {
        JsonNodeFactory json = JsonNodeFactory.instance;
        if (value instanceof Value.Fields composed) {
            return json.objectNode().set(FIELDS, fields(composed.fields()));
        }
        if (value instanceof Value.Items list) {
            ArrayNode items = json.arrayNode();
            list.items().forEach(item -> items.add(node(item)));
            return items;
        }
        if (value instanceof Value.Number number) {
            return json.objectNode().put(NUMBER, number.text());
        }
        if (value instanceof Value.Bool bool) {
            return json.booleanNode(bool.on());
        }
        return value instanceof Value.Text text ? json.stringNode(text.content()) : json.nullNode();
    }

    private static Map<String, Value> fields(JsonNode object) {
        Map<String, Value> values = new LinkedHashMap<>();
        object.forEachEntry((name, value) -> values.put(name, value(value)));
        return values;
    }

    private static Value value(JsonNode node) {
        if (node.path(NUMBER).isString()) {
            String text = node.path(NUMBER).stringValue();
            return new Value.Number(new BigDecimal(text), text);
        }
        if (node.isObject()) {
            return new Value.Fields(fields(node.path(FIELDS)));
        }
        if (node.isArray()) {
            return new Value.Items(node.valueStream().map(MatrixRecord::value).toList());
        }
        if (node.isBoolean()) {
            return new Value.Bool(node.booleanValue());
        }
        return node.isString() ? new Value.Text(node.stringValue()) : Value.NULL;
    }
}
