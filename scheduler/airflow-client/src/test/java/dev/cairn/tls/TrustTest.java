package dev.cairn.tls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

class TrustTest {
    @TempDir
    Path folder;

    @Test
    @Timeout(value = 30, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
    void namesWhatIsNoFile() throws Exception {
        Path pipe = folder.resolve("pipe.pem");
        assertThat(new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor())
                .isZero();
        for (Path none : new Path[] {pipe, folder}) {
            assertThatThrownBy(() -> Trust.with(none))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining(none + " is not a file");
        }
        assertThatThrownBy(() -> Trust.with(folder.resolve("missing"))).isInstanceOf(NoSuchFileException.class);
    }
}
