package dev.cairn.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ExamplesTest {

    @Test
    void countPrintsEveryNumberOnce() throws Exception {
        String numbers = IntStream.range(0, 100).mapToObj(i -> i + "\n").collect(Collectors.joining());

        assertThat(Undisturbed.of(Example.named("count")).stdout("count")).isEqualTo(numbers);
    }

    @Test
    void logCrunchPrintsWhatItsReadmeSays() throws Exception {
        Example example = Example.named("log-crunch");

        assertThat(Files.readString(example.folder().resolve("README.md")))
                .contains("```\n" + Undisturbed.of(example).stdout("report") + "```");
    }
}
