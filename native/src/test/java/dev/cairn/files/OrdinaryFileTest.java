package dev.cairn.files;

import static dev.cairn.files.OtherUsers.MALLORY;
import static dev.cairn.files.OtherUsers.give;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OrdinaryFileTest {
    private static final DocumentType TYPE = new DocumentType("cairn.test", 1);

    @TempDir
    private Path folder;

    /** All ways of reading what Cairn has written for itself. */
    private interface Read {
        Object of(Path file) throws IOException;
    }

    private static final List<Read> OWN =
            List.of(OrdinaryFile::readOwn, OrdinaryFile::ownText, TYPE::read, TYPE::readIfPresent, JsonLines::read);

    @Test
    void readsOwnDocuments() throws Exception {
        for (Read read : OWN) {
            assertThat(read.of(document())).isNotNull();
        }
    }

    @Test
    void refusesOwnDocumentsThatOthersCanWrite() throws Exception {
        Path file = document();
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-rw-rw-"));
        refuses(file, "everyone can write it");
        refuses(Files.createSymbolicLink(folder.resolve("link"), file), "everyone can write it");
    }

    @Test
    void refusesOwnDocumentsOfAnotherUser() throws Exception {
        OtherUsers.assumeRoot();
        refuses(give(document(), MALLORY, MALLORY, 0600), "it belongs to 60218");
    }

    @Test
    void doesNotWaitForAPipe() throws Exception {
        Path pipe = folder.resolve("pipe");
        assertThat(new ProcessBuilder("mkfifo", "-m", "600", pipe.toString())
                        .start()
                        .waitFor())
                .isZero();
        for (Read read : OWN) {
            assertThatThrownBy(() -> read.of(pipe))
                    .isInstanceOf(DocumentException.class)
                    .hasMessageContaining("a pipe");
        }
        assertThatThrownBy(() -> OrdinaryFile.readNamed(pipe, folder)).hasMessageContaining("a pipe");
    }

    @Test
    void tellsWhatIsMissing() {
        assertThatThrownBy(() -> OrdinaryFile.readOwn(folder.resolve("none"))).isInstanceOf(NoSuchFileException.class);
    }

    private Path document() throws IOException {
        Path file = folder.resolve("document.json");
        TYPE.write(file, TYPE.create());
        return file;
    }

    private static void refuses(Path file, String why) {
        for (Read read : OWN) {
            assertThatThrownBy(() -> read.of(file))
                    .isInstanceOf(UntrustedException.class)
                    .hasMessageContaining(why);
        }
    }
}
