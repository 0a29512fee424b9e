package dev.cairn.schedule.store;

import dev.cairn.files.DurableFiles;
import dev.cairn.files.Presence;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;

/**
 * Signals to the daemon of this host that a transaction changed something: touches a file in a folder that the daemon watches. A signal
 * may be
 * lost, so the daemon also looks into the database now and then. Immutable; any thread.
 *
 * @param folder with nothing else in it
 */
public record ChangeSignal(Path folder) {
    /** Makes the folder where it is missing. */
    public void prepare() throws IOException {
        DurableFiles.createFolders(folder);
    }

    /** The file exists from the first signal on, so that later ones need no space on the disk. */
    void send() {
        Path file = folder.resolve("last");
        try {
            if (!Presence.isThere(file)) {
                prepare();
                Files.createFile(file);
            }
            Files.setLastModifiedTime(file, FileTime.from(Instant.now()));
        } catch (IOException lost) {
            // the daemon finds the change when it next looks
        }
    }
}
