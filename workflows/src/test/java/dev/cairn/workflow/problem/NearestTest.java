package dev.cairn.workflow.problem;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NearestTest {

    private static final List<String> KNOWN = List.of("steps", "needs", "timeout", "working_directory", "if", "id");

    @ParameterizedTest
    @CsvSource({
        "stpes, steps",
        "step, steps",
        "need, needs",
        "workingDirectory, working_directory",
        "working-directory, working_directory",
        "WORKING_DIRECTRY, working_directory",
        "tiemout, timeout",
        "ID, id",
    })
    void findsWhatWasMeant(String written, String meant) {
        assertThat(Nearest.of(written, KNOWN)).contains(meant);
    }

    @Test
    void doesNotCountTheDashesOfAnOption() {
        assertThat(Nearest.of("--nam", List.of("--name", "-i"))).contains("--name");
    }

    @Test
    void listsFewNamesWhenNoneIsNear() {
        assertThat(Nearest.hint("image", List.of("b", "a"))).isEqualTo("; known are a, b");
        assertThat(Nearest.hint("image", Collections.nCopies(13, "b"))).isEmpty();
        assertThat(Nearest.hint("image", List.of())).isEmpty();
    }
}
