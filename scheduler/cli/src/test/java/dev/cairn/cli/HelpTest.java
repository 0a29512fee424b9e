package dev.cairn.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.cairn.cli.shared.Console;
import dev.cairn.cli.shared.StandardOutput;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The help of every command, against the text beside this test's resources. {@code -Dcairn.golden=write} writes the texts anew,
 * for a person to look at in the diff.
 */
final class HelpTest {
    private static final Path GOLDEN = Path.of("src/test/resources/dev/cairn/cli/help");

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final Console console = new Console(
            new PrintStream(out, true, UTF_8),
            new PrintStream(out, true, UTF_8),
            Map.of(),
            Path.of("").toAbsolutePath());

    static Stream<String> commands() {
        return new CommandTree(Console.ofProcess(new StandardOutput())).names().stream();
    }

    @ParameterizedTest
    @MethodSource("commands")
    void saysWhatACommandDoes(String command) throws IOException {
        assertThat(new CommandTree(console).execute(command, "--help")).isZero();
        expect(command);
    }

    @Test
    void listsAllCommands() throws IOException {
        assertThat(new CommandTree(console).execute("--help")).isZero();
        expect("cairn");
    }

    /** The page that specifies them is complete, and names none that is not there. */
    @Test
    void everyCommandIsSpecified() throws IOException {
        String page = Files.readString(Path.of("../docs/cli.md"));
        assertThat(new CommandTree(console).names())
                .allSatisfy(name -> assertThat(page).contains("`cairn " + name));
    }

    private void expect(String name) throws IOException {
        Path golden = GOLDEN.resolve(name + ".txt");
        if ("write".equals(System.getProperty("cairn.golden"))) {
            Files.createDirectories(GOLDEN);
            Files.write(golden, out.toByteArray());
        }
        assertThat(out.toString(UTF_8)).isEqualTo(Files.readString(golden));
    }
}
