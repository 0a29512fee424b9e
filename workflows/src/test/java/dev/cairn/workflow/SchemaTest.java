package dev.cairn.workflow;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class SchemaTest {

    private static final Path PUBLISHED = Path.of("docs/workflow.schema.json");

    static Stream<Path> valid() throws IOException {
        return Examples.in("valid");
    }

    @ParameterizedTest
    @MethodSource("valid")
    void takesWhatTheReaderTakes(Path file) throws IOException {
        assertThat(Workflows.read(file).problems()).isEmpty();
        assertThat(SchemaValidation.errors(Files.readString(file))).isEmpty();
    }

    /** {@code -Dcairn.golden=write} writes the file anew. */
    @Test
    void isPublishedAsTheReaderHasIt() throws IOException {
        if ("write".equals(System.getProperty("cairn.golden"))) {
            Files.writeString(PUBLISHED, SchemaValidation.text());
        }
        assertThat(SchemaValidation.text()).isEqualTo(Files.readString(PUBLISHED));
    }
}
