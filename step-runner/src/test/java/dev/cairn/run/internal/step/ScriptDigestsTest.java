package dev.cairn.run.internal.step;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cairn.files.Digests;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

class ScriptDigestsTest {
    @TempDir
    Path folder;

    @Test
    void namesWhatHasChanged() throws Exception {
        Path same = Files.writeString(folder.resolve("same.sh"), "a");
        Path other = Files.writeString(folder.resolve("other.sh"), "b");
        Map<String, String> before = ScriptDigests.of(List.of(same, other));
        Files.writeString(other, "c");
        assertThat(ScriptDigests.changed(before)).containsExactly("other.sh");
    }

    /** In a shared folder a colleague may put a pipe in a script's place, and to open that could wait for ever. */
    @Test
    @Timeout(value = 30, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
    void opensNoPipe() throws Exception {
        Path pipe = folder.resolve("pipe.sh");
        assertThat(new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor())
                .isZero();
        String digest = Digests.of("a".getBytes(StandardCharsets.UTF_8));
        assertThat(ScriptDigests.changed(Map.of(pipe.toString(), digest))).isEmpty();
    }
}
