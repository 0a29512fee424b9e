package dev.cairn.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the script says before there is a Java to say it. */
final class LauncherTest {
    private static final Path LAUNCHER = Path.of("../cairn").toAbsolutePath().normalize();

    @TempDir
    Path folder;

    @Test
    void saysThatTheCurrentFolderIsGone() throws Exception {
        String line = "mkdir gone && cd gone && rmdir ../gone && exec \"$0\" ps";
        Process cairn = new ProcessBuilder(List.of("sh", "-c", line, LAUNCHER.toString()))
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .start();
        String said = new String(cairn.getInputStream().readAllBytes(), UTF_8);
        assertThat(said).endsWith("\ncairn: the current folder has been deleted; go to another one first\n");
        assertThat(cairn.waitFor()).isEqualTo(66);
    }
}
