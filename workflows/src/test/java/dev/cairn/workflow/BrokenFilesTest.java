package dev.cairn.workflow;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cairn.workflow.problem.Problem;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Broken files and, beside each, everything that is said about it. {@code -Dcairn.golden=write} writes the texts anew, to
 * be read before they are committed.
 */
class BrokenFilesTest {

    static Stream<Path> files() throws IOException {
        return Examples.in("broken");
    }

    @ParameterizedTest
    @MethodSource("files")
    void saysEverythingThatIsWrong(Path file) throws IOException {
        String said = Workflows.read(Files.readString(file), file.getFileName()).problems().stream()
                .map(Problem::toString)
                .collect(Collectors.joining("\n", "", "\n"));
        Path golden = file.resolveSibling(file.getFileName().toString().replace(".yaml", ".txt"));

        if ("write".equals(System.getProperty("cairn.golden"))) {
            Files.writeString(golden, said);
        }
        assertThat(said).isEqualTo(Files.readString(golden));
    }

    @ParameterizedTest
    @MethodSource("files")
    void theSchemaRefusesItToo(Path file) throws IOException {
        boolean beyond = Files.readString(file).startsWith("# beyond the schema");

        assertThat(SchemaValidation.errors(Files.readString(file)).isEmpty()).isEqualTo(beyond);
    }
}
