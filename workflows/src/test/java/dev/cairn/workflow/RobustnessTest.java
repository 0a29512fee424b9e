package dev.cairn.workflow;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cairn.workflow.problem.Result;
import dev.cairn.workflow.spec.Workflow;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whatever the bytes: a workflow or problems, never anything else. */
class RobustnessTest {

    private static final String HARMFUL = "&*!|>'\"%@`{}[],:?-#\t\n ~\u0000\ufeff";
    private static final Path EVERYTHING = Path.of("src/test/resources/dev/cairn/workflow/valid/everything.yaml");

    @Test
    void saysWhereAFileIsNotUtf8(@TempDir Path folder) throws IOException {
        Path file = folder.resolve("f.yaml");
        Files.write(file, "steps:\n- run: x\n".getBytes(StandardCharsets.UTF_8));
        Files.write(file, new byte[] {'#', ' ', (byte) 0xff}, java.nio.file.StandardOpenOption.APPEND);

        assertThat(Workflows.read(file).problems())
                .extracting(Object::toString)
                .containsExactly(file + ":3:3: not a text in UTF-8");
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4})
    void survivesDamagedFiles(long seed) throws IOException {
        String whole = Files.readString(EVERYTHING);
        Random random = new Random(seed);
        for (int i = 0; i < 500; i++) {
            StringBuilder text = new StringBuilder(whole);
            for (int j = random.nextInt(4); j >= 0; j--) {
                damage(text, random);
            }
            Result<Workflow> read = Texts.read(text.toString());
            if (read instanceof Result.Ok<Workflow> ok) {
                Workflows.plan(ok.value(), Map.of("label", "x"), Texts.CLOCK);
            } else {
                assertThat(read.problems()).isNotEmpty();
            }
        }
    }

    private static void damage(StringBuilder text, Random random) {
        int at = random.nextInt(text.length());
        int length = Math.min(text.length() - at, random.nextInt(20));
        switch (random.nextInt(4)) {
            case 0 -> text.delete(at, at + length);
            case 1 -> text.insert(at, text.substring(at, at + length));
            case 2 -> text.insert(at, HARMFUL.charAt(random.nextInt(HARMFUL.length())));
            default -> {
                int other = random.nextInt(text.length());
                text.insert(at, text.substring(other, Math.min(text.length(), other + length)));
            }
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2})
    void survivesRandomBytes(long seed, @TempDir Path folder) throws IOException {
        Random random = new Random(seed);
        Path file = folder.resolve("f.yaml");
        for (int i = 0; i < 300; i++) {
            byte[] bytes = new byte[random.nextInt(200)];
            random.nextBytes(bytes);
            Files.write(file, bytes);
            assertThat(Workflows.read(file).problems()).isNotEmpty();
        }
    }
}
