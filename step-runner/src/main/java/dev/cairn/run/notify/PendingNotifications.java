package dev.cairn.run.notify;

import dev.cairn.files.DurableFiles;
import dev.cairn.files.Presence;
import dev.cairn.run.manifest.RunFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * The runs of a home that may have undelivered notifications: an empty file each, named by the run's id and created
 * before the first event, so that a retry need not search all runs. Immutable; any thread.
 *
 * @param folder the folder, made when it is needed
 */
public record PendingNotifications(Path folder) {

    void add(RunFolder run) throws IOException {
        DurableFiles.createFolders(folder);
        if (!Presence.isThere(file(run))) {
            DurableFiles.replace(file(run), new byte[0]);
        }
    }

    /** Removes a run: all its notifications are delivered, or none can be. */
    public void remove(RunFolder run) throws IOException {
        Files.deleteIfExists(file(run));
    }

    /** Ids, in order. */
    public List<String> ids() throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(file -> file.getFileName().toString())
                    .filter(name -> !name.startsWith("."))
                    .sorted()
                    .toList();
        } catch (NoSuchFileException none) {
            return List.of();
        }
    }

    private Path file(RunFolder run) {
        return folder.resolve(run.runId());
    }
}
