package dev.cairn.files;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class PresenceTest {
    @TempDir
    Path folder;

    @Test
    void tellsWhatIsThereFromWhatIsNot() throws Exception {
        assertThat(Presence.isThere(Files.createFile(folder.resolve("file")))).isTrue();
        assertThat(Presence.isThere(folder)).isTrue();
        assertThat(Presence.isFolder(folder)).isTrue();
        assertThat(Presence.isFolder(folder.resolve("file"))).isFalse();
        assertThat(Presence.isFolder(folder.resolve("none"))).isFalse();
        assertThat(Presence.isThere(folder.resolve("none"))).isFalse();
        assertThat(Presence.isThere(folder.resolve("none").resolve("below"))).isFalse();
    }

    /** Links in a circle are what root cannot look through either. */
    @Test
    void doesNotCallAbsentWhatCannotBeLookedAt() throws Exception {
        Path circle = folder.resolve("circle");
        Files.createSymbolicLink(circle, circle);

        assertThatThrownBy(() -> Presence.isThere(circle.resolve("file"))).isInstanceOf(IOException.class);
        assertThatThrownBy(() -> Presence.isFolder(circle.resolve("file"))).isInstanceOf(IOException.class);
        assertThat(Files.exists(circle.resolve("file"))).isFalse();
    }
}
