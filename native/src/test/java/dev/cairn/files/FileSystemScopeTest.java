package dev.cairn.files;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class FileSystemScopeTest {
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
    void isToldByTheKindOfFileSystem(String type, FileSystemScope reach) {
        assertThat(FileSystemScope.of(type)).isEqualTo(reach);
    }

    @Test
    void isToldOfAPath() throws IOException {
        assertThat(FileSystemScope.of(Path.of("/dev/shm"))).isEqualTo(FileSystemScope.THIS_HOST);
    }
}
