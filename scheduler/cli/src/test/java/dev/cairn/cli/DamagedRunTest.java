package dev.cairn.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.cairn.cli.shared.Console;
import dev.cairn.cli.shared.ExitCode;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** For any damage to a run's files, commands name the problem and change nothing. */
final class DamagedRunTest {
    private static final JsonMapper JSON = JsonMapper.shared();
    private static final int BUG = 70;
    private static final List<List<String>> READING = List.of(
            List.of("ps", "--all"),
            List.of("ps", "--all", "--json"),
            List.of("show", "bad"),
            List.of("show", "bad", "--json"),
            List.of("report", "bad"),
            List.of("image", "ls", "bad"),
            List.of("gc", "--dry-run", "--keep", "0"));
    private static final List<List<String>> ACTING = List.of(List.of("resume", "bad"), List.of("checkpoint", "bad"));
    /** What takes the place of a value. */
    private static final List<String> FOREIGN = List.of(
            "null",
            "-5",
            "3000000000",
            "99999999999999999999999",
            "1.5",
            "\"\"",
            "\"?\\u0000\"",
            "[]",
            "{}",
            "[[[]]]",
            "true");

    @TempDir
    private Path folder;

    private Path run;

    @BeforeEach
    void fail() throws Exception {
        Files.writeString(folder.resolve("flow.yaml"), """
                defaults: {checkpoint: {engine: none}, rollback: none}
                steps:
                  - {id: work, run: exit 1}
                """);
        CairnProcess.run(folder, "run", "flow.yaml", "--key", "bad");
        try (Stream<Path> runs = Files.list(folder.resolve(".cairn/runs"))) {
            run = runs.findFirst().orElseThrow();
        }
    }

    @Test
    void namesAForeignValueInTheManifest() throws Exception {
        withForeignValues(run.resolve("manifest.json"), READING);
    }

    @Test
    void namesAForeignValueInAStep() throws Exception {
        withForeignValues(run.resolve("steps/work/step.json"), READING);
    }

    @Test
    void namesAForeignValueOfTheOwner() throws Exception {
        Files.delete(run.resolve("owner.json"));
        withForeignValues(run.resolve("owner.1"), READING);
    }

    @Test
    void actsUponNoForeignValue() throws Exception {
        for (String engine : List.of("\"magic\"", "7", "null")) {
            Path step = run.resolve("steps/work/step.json");
            ObjectNode document = (ObjectNode) JSON.readTree(Files.readString(step));
            ObjectNode attempt = (ObjectNode) document.path("attempts").path(0);
            attempt.set("engine", JSON.readTree(engine));
            attempt.remove("end"); // so that it may still run
            with(step, bytes(document.toString()), ACTING);
        }
        for (String damage : List.of("", "{", "[".repeat(100_000), "{\"document\":\"cairn.step\",\"version\":1}")) {
            with(run.resolve("steps/work/step.json"), bytes(damage), ACTING);
            with(run.resolve("manifest.json"), bytes(damage), ACTING);
        }
    }

    @Test
    void namesWhatIsNoFile() throws Exception {
        for (String name : List.of(
                "manifest.json", "steps/work/step.json", "owner.1", "owner.json", "events.jsonl", "workflow.yaml")) {
            Path file = run.resolve(name);
            byte[] before = Files.readAllBytes(file);
            Files.delete(file);
            Files.createDirectory(file);
            all(READING, name);
            all(ACTING, name);
            Files.delete(file);
            new ProcessBuilder("mkfifo", file.toString()).start().waitFor();
            all(READING, name);
            Files.delete(file);
            Files.write(file, before);
        }
    }

    @Test
    void refusesAWorkflowThatIsNotTheOneItWasStartedWith() throws Exception {
        Path text = run.resolve("workflow.yaml");
        for (String other : List.of("steps: [{run: 'true'}]\n", "", "steps:\n")) {
            Files.writeString(text, other);
            Said said = cairn("resume", "bad");
            assertThat(said.code()).isEqualTo(ExitCode.IO);
            assertThat(said.text()).contains("workflow.yaml: is not the workflow that this run was started with");
        }
        // given again, it is the run's
        assertThat(cairn("run", folder.resolve("flow.yaml").toString(), "--key", "bad")
                        .code())
                .isEqualTo(ExitCode.FAILED);
    }

    @Test
    void leadsToNoFolderElsewhere() throws Exception {
        Path elsewhere = Files.createDirectory(folder.resolve("elsewhere"));
        Files.copy(run.resolve("manifest.json"), elsewhere.resolve("manifest.json"));
        Path name = folder.resolve(".cairn/names/bad/1");
        with(name, bytes("../../elsewhere\n"), READING.subList(2, 3));
        Files.writeString(name, "../../elsewhere\n");
        assertThat(cairn("show", "bad").text()).contains("does not hold a run's id");
    }

    private void withForeignValues(Path file, List<List<String>> commands) throws IOException {
        JsonNode document = JSON.readTree(Files.readString(file));
        List<Consumer<JsonNode>> places = new ArrayList<>();
        collect(document, List.of(), (path, node) -> places.add(root -> put(root, path, node)), FOREIGN);
        assertThat(places).hasSizeGreaterThan(100);
        for (Consumer<JsonNode> place : places) {
            JsonNode copy = document.deepCopy();
            place.accept(copy);
            with(file, bytes(copy.toString()), commands);
        }
    }

    /** Takes a way into a document and what to put there. */
    private interface Place {
        void at(List<String> path, JsonNode value);
    }

    private static void collect(JsonNode node, List<String> path, Place place, List<String> values) {
        if (!path.isEmpty()) {
            values.forEach(value -> place.at(path, JSON.readTree(value)));
        }
        for (Map.Entry<String, JsonNode> field : node.properties()) {
            collect(field.getValue(), with(path, field.getKey()), place, values);
        }
        for (int i = 0; node.isArray() && i < node.size(); i++) {
            collect(node.get(i), with(path, Integer.toString(i)), place, values);
        }
    }

    private static List<String> with(List<String> path, String name) {
        return Stream.concat(path.stream(), Stream.of(name)).toList();
    }

    private static void put(JsonNode root, List<String> path, JsonNode value) {
        JsonNode node = root;
        for (String name : path.subList(0, path.size() - 1)) {
            node = node.isArray() ? node.get(Integer.parseInt(name)) : node.get(name);
        }
        String last = path.get(path.size() - 1);
        if (node instanceof ArrayNode array) {
            array.set(Integer.parseInt(last), value);
        } else {
            ((ObjectNode) node).set(last, value);
        }
    }

    private void with(Path file, byte[] damaged, List<List<String>> commands) throws IOException {
        byte[] before = Files.readAllBytes(file);
        Files.write(file, damaged);
        all(commands, file.getFileName() + ": " + new String(damaged, 0, Math.min(damaged.length, 300), UTF_8));
        Files.write(file, before);
    }

    private void all(List<List<String>> commands, String what) {
        for (List<String> command : commands) {
            Said said = cairn(command.toArray(String[]::new));
            assertThat(said.code())
                    .as("%s, with %s, said: %s", command, what, said.text())
                    .isNotEqualTo(BUG);
            assertThat(said.text())
                    .as("%s, with %s", command, what)
                    .doesNotContain("Exception")
                    .doesNotContainPattern("[A-Z][A-Za-z]+\\[[a-z]\\w*=");
        }
    }

    private record Said(int code, String text) {}

    /** In this process, since there are thousands. */
    private Said cairn(String... words) {
        ByteArrayOutputStream text = new ByteArrayOutputStream();
        PrintStream stream = new PrintStream(text, true, UTF_8);
        int code = new CommandTree(new Console(stream, stream, Map.of("PATH", "/usr/bin:/bin"), folder)).execute(words);
        return new Said(code, text.toString(UTF_8));
    }

    private static byte[] bytes(String text) {
        return text.getBytes(UTF_8);
    }
}
