package dev.cairn.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import dev.cairn.cli.CairnProcess.Outcome;
import dev.cairn.cli.shared.Console;
import dev.cairn.cli.shared.StandardOutput;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The commands in the docs. Every one of a {@code sh} or {@code console} block must parse; those of a block below {@code <!-- tested -->}
 * are run, one after the other, in a folder that has the examples, and must succeed.
 */
final class DocsTest {
    private static final Path ROOT = Path.of("../..").toAbsolutePath().normalize();
    private static final Pattern BLOCK =
            Pattern.compile("(<!-- tested -->\n)?```(?:sh|console)\n(.*?)```", Pattern.DOTALL);

    private static final Path SCHEDULES = ROOT.resolve("scheduler/docs/schedules.md");
    private static final Pattern WORD = Pattern.compile("\"([^\"]*)\"|\\S+");

    @TempDir
    Path folder;

    static Stream<Path> pages() throws IOException {
        return Stream.of(
                ROOT.resolve("README.md"),
                ROOT.resolve("scheduler/docs/cli.md"),
                SCHEDULES,
                ROOT.resolve("step-runner/docs/slurm.md"),
                ROOT.resolve("scheduler/docs/airflow.md"));
    }

    @ParameterizedTest
    @MethodSource("pages")
    void everyCommandParses(Path page) throws IOException {
        for (String line : commands(page, false)) {
            assertThatCode(() -> new CommandTree(Console.ofProcess(new StandardOutput()))
                            .whole()
                            .parseArgs(words(line)))
                    .as(line)
                    .doesNotThrowAnyException();
        }
    }

    @AfterEach
    void stopADaemonThatIsLeft() throws Exception {
        cairn("daemon", "stop");
    }

    private Outcome cairn(String... words) throws Exception {
        Map<String, String> environment =
                Map.of("XDG_STATE_HOME", folder.resolve("state").toString());
        return CairnProcess.run(folder, environment, words);
    }

    static Stream<Path> testedPages() {
        return Stream.of(ROOT.resolve("README.md"), SCHEDULES);
    }

    @ParameterizedTest
    @MethodSource("testedPages")
    void theTestedCommandsSucceed(Path page) throws Exception {
        Files.createSymbolicLink(folder.resolve("examples"), ROOT.resolve("examples"));
        List<String> commands = commands(page, true);
        assertThat(commands).isNotEmpty();
        for (String line : commands) {
            Outcome outcome = cairn(words(line));
            assertThat(outcome.exitCode()).as(line + "\n" + outcome.err()).isZero();
        }
    }

    /** The example at the top of the page is a valid workflow. */
    @Test
    void theWorkflowOfTheReadmeIsValid() throws Exception {
        Matcher yaml = Pattern.compile("```yaml\n(.*?)```", Pattern.DOTALL)
                .matcher(Files.readString(ROOT.resolve("README.md")));
        assertThat(yaml.find()).isTrue();
        Files.writeString(folder.resolve("flow.yaml"), yaml.group(1));
        Outcome outcome = CairnProcess.run(folder, "validate", "flow.yaml");
        assertThat(outcome.err()).isEqualTo("flow.yaml: valid\n");
    }

    private static List<String> commands(Path page, boolean testedOnly) throws IOException {
        List<String> commands = new ArrayList<>();
        Matcher block = BLOCK.matcher(Files.readString(page));
        while (block.find()) {
            if (!testedOnly || block.group(1) != null) {
                block.group(2)
                        .lines()
                        .map(line -> line.startsWith("$ ") ? line.substring(2) : line)
                        .filter(line -> line.startsWith("./cairn "))
                        .forEach(commands::add);
            }
        }
        return commands;
    }

    private static String[] words(String line) {
        String command = line.replaceFirst("\\s+#.*", "").substring("./cairn ".length());
        return WORD.matcher(command)
                .results()
                .map(word -> word.group(1) == null ? word.group() : word.group(1))
                .toArray(String[]::new);
    }
}
