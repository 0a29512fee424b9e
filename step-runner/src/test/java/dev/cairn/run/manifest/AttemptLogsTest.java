package dev.cairn.run.manifest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cairn.host.HostIdentity;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What each attempt wrote, after resumes have cut the log. */
class AttemptLogsTest {
    @TempDir
    private Path folder;

    private final List<AttemptRecord> attempts = new ArrayList<>();
    private final List<String> wrote = new ArrayList<>();
    private String log = "";

    private StepFolder step() {
        return new StepFolder(folder.resolve("steps/a"));
    }

    /** An attempt resumed at this size of the log, perhaps with the log's size before the resume. */
    private void attempt(int from, String text, boolean recorded) throws IOException {
        int number = attempts.size() + 1;
        if (from < log.length()) {
            Path there = step().attempt(number).resolve("undone/0" + step().stdout() + ".from-" + from);
            Files.createDirectories(there.getParent());
            Files.writeString(there, log.substring(from));
        }
        attempts.add(new AttemptRecord(
                number,
                1,
                new HostIdentity("h", "b", "p", "k", "a"),
                "native",
                "f",
                Instant.EPOCH,
                OptionalLong.empty(),
                List.of(),
                Duration.ZERO,
                0,
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                recorded ? Optional.of(new AttemptRecord.LogSizes(log.length(), 0)) : Optional.empty()));
        log = log.substring(0, from) + text;
        Files.createDirectories(step().path());
        Files.writeString(step().stdout(), log);
        wrote.add(text);
    }

    private String shown(int number) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        AttemptLogs.ofStdout(step(), attempts).copy(number, (bytes, length) -> out.write(bytes, 0, length));
        return out.toString(StandardCharsets.UTF_8);
    }

    @Test
    void includesWhatAResumeCutOff() throws IOException {
        attempt(0, "1\n2\n3\n", true);
        attempt(2, "2\n3\n4\n", true);
        assertThat(shown(1)).isEqualTo("1\n2\n3\n");
        assertThat(shown(2)).isEqualTo("2\n3\n4\n");
        assertThat(shown(3)).isEmpty();
    }

    @Test
    void knowsWhereAnAttemptWithoutImageBegan() throws IOException {
        attempt(0, "first\n", true);
        attempt(6, "second\n", true);
        assertThat(shown(1)).isEqualTo("first\n");
        assertThat(shown(2)).isEqualTo("second\n");
    }

    @Test
    void aStepThatWroteNothingHasAnEmptyLog() throws IOException {
        attempts.add(AttemptRecord.from(tools.jackson.databind.json.JsonMapper.shared()
                .readTree("{\"number\": 1, \"started_at\": \"2026-01-01T00:00:00Z\"}")));
        assertThat(shown(1)).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10})
    void holdsForAnyHistory(long seed) throws IOException {
        Random random = new Random(seed);
        int count = 2 + random.nextInt(5);
        for (int i = 0; i < count; i++) {
            attempt(random.nextInt(log.length() + 1), Integer.toString(i).repeat(random.nextInt(20)), true);
        }
        for (int i = 0; i < count; i++) {
            assertThat(shown(i + 1)).as("attempt %d of seed %d", i + 1, seed).isEqualTo(wrote.get(i));
        }
    }
}
