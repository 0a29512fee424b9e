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
 * The runs of a home of which somebody may have to be told: an empty file each, by the run's id, which is there before there is anything to
 * tell, so that nobody has to look through all runs. Immutable; any thread.
 *
 * @param folder made when it is needed
 */
public record PendingNotifications(Path folder) {

    void add(RunFolder run) throws IOException {
        DurableFiles.createFolders(folder);
        if (!Presence.isThere(file(run))) {
            DurableFiles.replace(file(run), new byte[0]);
        }
    }

    /** Everything is told, or nothing can be. */
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
