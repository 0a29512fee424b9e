package dev.cairn.files;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TreeRemovalTest {
    @TempDir
    private Path folder;

    private Path home;
    private Path outside;

    @BeforeEach
    void make() throws Exception {
        home = Files.createDirectory(folder.resolve("home"));
        outside = Files.createDirectories(folder.resolve("outside/000001"));
        Files.writeString(outside.resolve("precious"), "stays");
    }

    @Test
    void deletesATreeButNothingThatALinkLeadsTo() throws Exception {
        Path tree = Files.createDirectories(home.resolve("tree/deep"));
        Files.writeString(tree.resolve("file"), "goes");
        Files.createSymbolicLink(tree.resolve("link"), outside.resolve("precious"));
        Files.createSymbolicLink(tree.resolve("folder"), outside);
        TreeRemoval.remove(home, home.resolve("tree"));
        assertThat(home).isEmptyDirectory();
        assertThat(outside.resolve("precious")).hasContent("stays");
    }

    @Test
    void deletesALinkInItsPlace() throws Exception {
        TreeRemoval.remove(home, Files.createSymbolicLink(home.resolve("tree"), outside));
        assertThat(home).isEmptyDirectory();
        assertThat(outside.resolve("precious")).exists();
    }

    @Test
    void goesThroughNoLink() throws Exception {
        Files.createSymbolicLink(home.resolve("checkpoints"), outside.getParent());
        assertThatThrownBy(() -> TreeRemoval.remove(home, home.resolve("checkpoints/000001")))
                .isInstanceOf(FileSystemException.class)
                .hasMessageContaining("checkpoints: is a symbolic link");
        Files.createDirectory(home.resolve("run"));
        Files.createSymbolicLink(home.resolve("run/steps"), folder);
        assertThatThrownBy(() -> TreeRemoval.remove(home, home.resolve("run/steps/outside/000001")))
                .hasMessageContaining("run/steps: is a symbolic link");
        assertThat(outside.resolve("precious")).exists();
    }

    @Test
    void deletesNothingOutside() {
        for (Path elsewhere : new Path[] {outside, home, home.resolve("../outside"), folder}) {
            assertThatThrownBy(() -> TreeRemoval.remove(home, elsewhere)).isInstanceOf(IllegalArgumentException.class);
        }
        assertThat(outside.resolve("precious")).exists();
    }

    @Test
    void findsWhatIsMissingAlreadyDeleted() throws Exception {
        TreeRemoval.remove(home, home.resolve("never"));
        TreeRemoval.remove(home, home.resolve("never/there"));
        TreeRemoval.remove(folder.resolve("gone"), folder.resolve("gone/too"));
    }

    @Test
    void reachesItsFolderByLinks() throws Exception {
        Files.createDirectory(home.resolve("tree"));
        Path link = Files.createSymbolicLink(folder.resolve("by-link"), home);
        TreeRemoval.remove(link, link.resolve("tree"));
        assertThat(home).isEmptyDirectory();
    }
}
