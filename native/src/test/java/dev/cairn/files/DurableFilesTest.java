package dev.cairn.files;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.node.ObjectNode;

class DurableFilesTest {
    private static final DocumentType TYPE = new DocumentType("cairn.test", 1);

    @TempDir
    Path folder;

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static String permissions(Path path) throws Exception {
        return PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
    }

    @Test
    void everythingIsReadableByItsOwnerOnly() throws Exception {
        Path deep = folder.resolve("a/b/c");
        DurableFiles.createFolders(deep);
        DurableFiles.replace(deep.resolve("file"), bytes("x"));
        assertThat(permissions(folder.resolve("a"))).isEqualTo("rwx------");
        assertThat(permissions(deep)).isEqualTo("rwx------");
        assertThat(permissions(deep.resolve("file"))).isEqualTo("rw-------");
    }

    @Test
    void replacesAFileAndLeavesNothingElseBehind() throws Exception {
        Path file = folder.resolve("file");
        DurableFiles.replace(file, bytes("old"));
        DurableFiles.replace(file, bytes("new"));
        assertThat(file).hasContent("new");
        try (Stream<Path> files = Files.list(folder)) {
            assertThat(files).containsExactly(file);
        }
    }

    /** A runner that breaks off interrupts its steps' threads, which write down how far they are. */
    @Test
    void writesForAThreadThatIsInterrupted() throws Exception {
        Path file = folder.resolve("file");
        Thread.currentThread().interrupt();
        DurableFiles.replace(file, bytes("new"));
        assertThat(Thread.interrupted()).isTrue();
        assertThat(file).hasContent("new");
    }

    @Test
    void createsAFileOnlyOnce() throws Exception {
        Path file = folder.resolve("file");
        assertThat(DurableFiles.createExclusive(file, bytes("first"))).isTrue();
        assertThat(DurableFiles.createExclusive(file, bytes("second"))).isFalse();
        assertThat(file).hasContent("first");
        try (Stream<Path> files = Files.list(folder)) {
            assertThat(files).containsExactly(file);
        }
    }

    @Test
    void refusesATornDocumentByName() throws Exception {
        Path file = Files.writeString(folder.resolve("step.json"), "{\"document\": \"cairn.test\", \"ver");
        assertThatThrownBy(() -> TYPE.read(file))
                .isInstanceOf(DocumentException.class)
                .hasMessageContaining(file.toString())
                .hasMessageContaining("not whole");
        assertThat(file).hasContent("{\"document\": \"cairn.test\", \"ver");
    }

    @Test
    void refusesAForeignDocumentByName() throws Exception {
        for (String foreign : List.of("{}", "[]", "7", "{\"document\":\"package.json\",\"version\":1}", "")) {
            Path file = Files.writeString(folder.resolve("step.json"), foreign);
            assertThatThrownBy(() -> TYPE.read(file))
                    .isInstanceOf(DocumentException.class)
                    .hasMessageContaining(file.toString());
        }
    }

    @Test
    void refusesAnUnknownVersionByName() throws Exception {
        Path file = Files.writeString(folder.resolve("step.json"), "{\"document\":\"cairn.test\",\"version\":2}");
        assertThatThrownBy(() -> TYPE.read(file))
                .isInstanceOf(DocumentException.class)
                .hasMessageContaining("version 2")
                .hasMessageContaining("knows version 1");
    }

    @Test
    void aTornLineIsPassedOverAndEndedByTheNextWriter() throws Exception {
        Path file = Files.writeString(folder.resolve("events.jsonl"), "{\"a\":1}\n{\"a\":");
        try (JsonLines lines = JsonLines.append(file)) {
            lines.add((ObjectNode) TYPE.create().put("a", 2));
        }
        assertThat(JsonLines.read(file))
                .extracting(line -> line.path("a").asInt())
                .containsExactly(1, 2);
    }
}
