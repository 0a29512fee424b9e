package dev.cairn.run.manifest;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class UndoneFilesTest {
    @TempDir
    private Path folder;

    private StepFolder step() {
        return new StepFolder(folder.resolve("steps/a"));
    }

    private Path keep(int n, String place, String content) throws IOException {
        Path file = step().attempt(2).resolve("undone/" + n + place);
        Files.createDirectories(file.getParent());
        return Files.writeString(file, content);
    }

    @Test
    void countsWhatWasTakenAwayButForTheLogs() throws IOException {
        assertThat(UndoneFiles.of(step(), 2)).isEmpty();
        keep(0, step().stdout() + ".from-17", "of the log");
        assertThat(UndoneFiles.of(step(), 2)).isEmpty();
        keep(0, "/data/out.txt.from-4", "12345");
        keep(1, "/data/out.txt.from-4", "123");
        Files.createSymbolicLink(keep(0, "/data/new", "").resolveSibling("link"), Path.of("/data"));

        assertThat(UndoneFiles.of(step(), 2))
                .contains(new UndoneFiles(4, 8, step().attempt(2).resolve("undone")));
        assertThat(UndoneFiles.of(step(), 1)).isEmpty();
    }
}
