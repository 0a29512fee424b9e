package dev.cairn.run.internal.step;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OutputTextsTest {
    @TempDir
    private Path folder;

    private Map<String, String> read(String text) throws Exception {
        return OutputTexts.read(Files.writeString(folder.resolve("output"), text), Set.of("a", "b"));
    }

    @Test
    void readsLinesAndBlocksOfLines() throws Exception {
        assertThat(read("a=1 = 2\n\nb<<END\none\n\ntwo\nEND\nc=other\n"))
                .isEqualTo(Map.of("a", "1 = 2", "b", "one\n\ntwo"));
    }

    @Test
    void theLastValueHoldsAndMayBeEmpty() throws Exception {
        assertThat(read("a=1\na=\nb<<E\nE")).isEqualTo(Map.of("a", "", "b", ""));
    }

    @Test
    void hasNothingWhereNothingWasWritten() throws Exception {
        assertThat(OutputTexts.read(folder.resolve("none"), Set.of("a"))).isEmpty();
    }

    @Test
    void saysWhatItCannotRead() {
        assertThatThrownBy(() -> read("a = 1")).hasMessageContaining("neither NAME=VALUE nor NAME<<WORD: \"a = 1\"");
        assertThatThrownBy(() -> read("b<<END\nx\n")).hasMessageContaining("does not end with the line \"END\"");
        assertThatThrownBy(() -> read("a=" + "x".repeat(1 << 20))).hasMessageContaining("longer than 1024 KiB");
    }
}
