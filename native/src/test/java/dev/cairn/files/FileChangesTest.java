package dev.cairn.files;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FileChangesTest {
    private static final long LONG = 3_000_000_000L;

    @TempDir
    private Path folder;

    private final AtomicLong now = new AtomicLong();

    private FileChanges of(Path... files) {
        return new FileChanges(now::get, files);
    }

    private boolean areLikelyLater(FileChanges changes) {
        now.addAndGet(LONG);
        return changes.areLikely();
    }

    @Test
    void areLikelyAtFirstAndAfterAChange() throws Exception {
        Path file = folder.resolve("a");
        FileChanges changes = of(file, folder);
        assertThat(changes.areLikely()).isTrue();
        assertThat(areLikelyLater(changes)).isFalse();
        Files.writeString(file, "1");
        assertThat(changes.areLikely()).isTrue();
        assertThat(areLikelyLater(changes)).isFalse();
        Files.delete(file);
        assertThat(changes.areLikely()).isTrue();
    }

    /** Two changes within one tick of the file system's clock have one time. */
    @Test
    void areLikelyForAWhileAfterAChange() throws Exception {
        Path file = Files.writeString(folder.resolve("a"), "1");
        FileTime time = FileTime.from(Instant.parse("2026-01-01T00:00:00Z"));
        Files.setLastModifiedTime(file, time);
        FileChanges changes = of(file);
        assertThat(changes.areLikely()).isTrue();
        Files.writeString(file, "2");
        Files.setLastModifiedTime(file, time);
        assertThat(changes.areLikely()).isTrue();
        assertThat(areLikelyLater(changes)).isFalse();
    }

    @Test
    void areLikelyWhereNobodyCanLook() throws Exception {
        Path file = Files.writeString(folder.resolve("a"), "1");
        FileChanges changes = of(file.resolve("b"));
        changes.areLikely();
        assertThat(areLikelyLater(changes)).isTrue();
    }
}
