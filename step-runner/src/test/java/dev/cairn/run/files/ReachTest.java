package dev.cairn.run.files;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class ReachTest {
    @ParameterizedTest
    @CsvSource({
        "ext4, THIS_HOST",
        "xfs, THIS_HOST",
        "overlay, THIS_HOST",
        "nfs4, OTHER_HOSTS",
        "lustre, OTHER_HOSTS",
        "fuse.sshfs, OTHER_HOSTS",
        "9p, UNKNOWN",
        "virtiofs, UNKNOWN",
        "fuse.new, UNKNOWN"
    })
    void isToldByTheKindOfFileSystem(String type, Reach reach) {
        assertThat(Reach.of(type)).isEqualTo(reach);
    }

    @Test
    void isToldOfAPath() throws IOException {
        assertThat(Reach.of(Path.of("/dev/shm"))).isEqualTo(Reach.THIS_HOST);
    }
}
