package dev.cairn.workflow;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cairn.workflow.internal.read.WorkflowReader;
import dev.cairn.workflow.resolve.RunContext;
import dev.cairn.workflow.resolve.StepResolver;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class DocsTest {

    private static final Path PAGE = Path.of("docs/workflow-file.md");

    private static List<String> fenced(String language) throws IOException {
        List<String> blocks = new ArrayList<>();
        StringBuilder block = new StringBuilder();
        String open = "";
        for (String line : Files.readAllLines(PAGE)) {
            if (!line.startsWith("```")) {
                block.append(line).append('\n');
            } else if (open.isEmpty()) {
                open = line;
                block.setLength(0);
            } else {
                if (open.equals("```" + language)) {
                    blocks.add(block.toString());
                }
                open = "";
            }
        }
        return blocks;
    }

    static Stream<String> examples() throws IOException {
        return fenced("yaml").stream();
    }

    @ParameterizedTest
    @MethodSource("examples")
    void everyExampleIsAWorkflowForTheReaderAndForTheSchema(String yaml) throws IOException {
        assertThat(Texts.problems(yaml + named())).isEmpty();
        assertThat(SchemaValidation.errors(yaml)).isEmpty();
    }

    /** The examples that begin with {@code # FILE}, as files that others use. */
    private static String named() throws IOException {
        StringBuilder all = new StringBuilder();
        for (String yaml : fenced("yaml")) {
            if (yaml.startsWith("# ") && yaml.lines().findFirst().orElseThrow().endsWith(".yaml")) {
                all.append("\n--- # cairn part: ")
                        .append(yaml.lines().findFirst().orElseThrow().substring(2));
                all.append('\n').append(yaml);
            }
        }
        return all.toString();
    }

    @Test
    void theMessageAboutAValueInAScriptIsTheOneThatIsGiven() throws IOException {
        var plan = Texts.plan("inputs: {title: {default: a b}}\nsteps: [{run: \"x ${{ inputs.title }}\"}]");
        var resolver = new StepResolver(
                plan,
                new RunContext("r", Path.of("/r"), Texts.FILE),
                id -> {
                    throw new AssertionError(id);
                },
                Map.of(),
                Files::readAllBytes);
        var step = plan.steps().get(0);

        String message = resolver.resolve(step, step.matrix().instances().get(0))
                .problems()
                .get(0)
                .message();
        assertThat(fenced("")).contains(message + "\n");
    }

    @Test
    void everyKeyOfTheSchemaIsOnThePage() throws IOException {
        String page = Files.readString(PAGE);
        List<String> missing = new ArrayList<>();
        keys(WorkflowReader.schema(), missing);
        missing.removeIf(
                key -> Pattern.compile("\\b" + key + "\\b").matcher(page).find());
        assertThat(missing).isEmpty();
    }

    private static void keys(Object schema, List<String> keys) {
        if (schema instanceof Map<?, ?> map) {
            if (map.get("properties") instanceof Map<?, ?> properties) {
                properties.keySet().forEach(key -> keys.add((String) key));
            }
            map.values().forEach(value -> keys(value, keys));
        } else if (schema instanceof List<?> list) {
            list.forEach(item -> keys(item, keys));
        }
    }
}
