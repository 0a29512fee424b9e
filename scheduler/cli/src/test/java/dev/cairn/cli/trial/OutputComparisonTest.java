package dev.cairn.cli.trial;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class OutputComparisonTest {
    @TempDir
    Path folder;

    @Test
    void outputThatIsCutOffIsComparedAsFarAsBothCame() throws IOException {
        assertThat(compare("1\n2\n3", "1\n2\n", false).words()).isEqualTo("the same as undisturbed, 2 lines");
        assertThat(compare("1\n2\n", "1\n2\n3\n", false).differs()).isFalse();
    }

    @Test
    void outputThatIsWholeIsComparedToItsEnd() throws IOException {
        assertThat(compare("1\n2\n3\n", "1\n2\n", true).words())
                .isEqualTo("differs from undisturbed from line 3: \"\" instead of \"3\"");
        assertThat(compare("1\n", "1\n", true).differs()).isFalse();
    }

    @Test
    void theFirstDifferenceIsNamedWithItsLine() throws IOException {
        assertThat(compare("a\nbc\nd\n", "a\nbx\nd\n", false).words())
                .isEqualTo("differs from undisturbed from line 2: \"bx\" instead of \"bc\"");
    }

    private OutputComparison compare(String undisturbed, String killed, boolean whole) throws IOException {
        return OutputComparison.of(
                "stdout",
                Files.writeString(folder.resolve("undisturbed"), undisturbed),
                Files.writeString(folder.resolve("killed"), killed),
                whole);
    }
}
