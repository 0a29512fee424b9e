package dev.cairn.workflow;

import com.networknt.schema.Error;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import dev.cairn.workflow.internal.read.WorkflowReader;
import dev.cairn.workflow.problem.Problems;
import dev.cairn.workflow.value.Value;
import dev.cairn.yaml.Node;
import dev.cairn.yaml.YamlReader;
import java.util.List;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** Holds YAML against the published schema, by a validator that is not ours. */
final class SchemaValidation {

    private static final JsonNodeFactory JSON = JsonNodeFactory.instance;
    private static final ObjectMapper MAPPER = new ObjectMapper();
    private static final Schema SCHEMA = SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12)
            .getSchema((JsonNode) MAPPER.valueToTree(WorkflowReader.schema()));

    private SchemaValidation() {}

    static String text() {
        return MAPPER.writerWithDefaultPrettyPrinter().writeValueAsString(WorkflowReader.schema()) + "\n";
    }

    static List<String> errors(String yaml) {
        Problems problems = new Problems("f");
        return YamlReader.read(yaml, problems)
                .map(root -> SCHEMA.validate(json(root)).stream()
                        .map(Error::toString)
                        .toList())
                .orElse(List.of("not YAML"));
    }

    private static JsonNode json(Node node) {
        if (node instanceof Node.Sequence sequence) {
            ArrayNode array = JSON.arrayNode();
            sequence.items().forEach(item -> array.add(json(item)));
            return array;
        }
        if (node instanceof Node.Mapping mapping) {
            ObjectNode object = JSON.objectNode();
            mapping.entries().forEach((key, entry) -> object.set(key, json(entry.value())));
            return object;
        }
        Value value = ((Node.Scalar) node).value();
        if (value instanceof Value.Number number) {
            return JSON.numberNode(number.amount());
        }
        if (value instanceof Value.Bool bool) {
            return JSON.booleanNode(bool.on());
        }
        return value instanceof Value.Null ? JSON.nullNode() : JSON.stringNode(value.text());
    }
}
