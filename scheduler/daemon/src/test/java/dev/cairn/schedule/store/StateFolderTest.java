package dev.cairn.schedule.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.cairn.files.UntrustedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class StateFolderTest {
    @Test
    void isWhereTheBaseDirectorySpecificationPutsIt() {
        assertThat(StateFolder.of(Map.of("HOME", "/home/u")).path()).isEqualTo(Path.of("/home/u/.local/state/cairn"));
        assertThat(StateFolder.of(Map.of("HOME", "/home/u", "XDG_STATE_HOME", "/var/s"))
                        .path())
                .isEqualTo(Path.of("/var/s/cairn"));
        assertThat(StateFolder.of(Map.of("HOME", "/home/u", "XDG_STATE_HOME", "relative"))
                        .path())
                .as("a relative one is to be ignored")
                .isEqualTo(Path.of("/home/u/.local/state/cairn"));
    }

    @Test
    void refusesAFolderThatOthersCanWrite(@TempDir Path home) throws Exception {
        StateFolder folder = new StateFolder(home.resolve("cairn"));
        folder.create();
        Files.setPosixFilePermissions(folder.path(), PosixFilePermissions.fromString("rwxrwxrwx"));
        assertThatThrownBy(folder::create)
                .isInstanceOf(UntrustedException.class)
                .hasMessageContaining("everyone can write it");
    }

    @ParameterizedTest
    @ValueSource(strings = {"nfs4", "lustre", "cifs", "fuse.sshfs"})
    void refusesANetworkFileSystem(String type) {
        StateFolder folder = new StateFolder(Path.of("/x/cairn"));
        assertThatThrownBy(() -> folder.check(type))
                .isInstanceOf(StoreException.class)
                .hasMessageContaining("/x/cairn is on a network file system (" + type + ")");
        assertThatCode(() -> folder.check("ext4")).doesNotThrowAnyException();
    }
}
