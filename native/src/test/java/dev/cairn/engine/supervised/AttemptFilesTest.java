package dev.cairn.engine.supervised;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cairn.engine.CheckpointOutcome;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class AttemptFilesTest {
    @TempDir
    private Path attempt;

    @Test
    void readsWhatAResumeRolledBack() throws Exception {
        Files.writeString(
                attempt.resolve("images.jsonl"),
                "{\"rolled_back\": {\"files\": 3, \"bytes\": 12}, \"at\": \"2026-11-30T20:00:00Z\"}\n");
        assertThat(AttemptFiles.journal(attempt))
                .containsExactly(new CheckpointOutcome.RolledBack(Instant.parse("2026-11-30T20:00:00Z"), 3, 12));
    }

    @Test
    void readsThatAHostRefusesTheJournal() throws Exception {
        Files.writeString(
                attempt.resolve("images.jsonl"),
                "{\"not_journalled\": \"Function not implemented\", \"at\": \"2026-11-30T20:00:00Z\"}\n");
        assertThat(AttemptFiles.journal(attempt))
                .containsExactly(new CheckpointOutcome.NotJournalled(
                        Instant.parse("2026-11-30T20:00:00Z"), "Function not implemented"));
    }
}
