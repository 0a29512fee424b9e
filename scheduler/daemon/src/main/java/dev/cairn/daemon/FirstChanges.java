package dev.cairn.daemon;

import dev.cairn.files.FileSystemScope;
import dev.cairn.files.FolderWatch;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;

/**
 * Reports the first change in each folder since it was last armed. After each change it must be armed again, so that a
 * busy folder wakes the daemon no more often than the daemon arms it. Thread-safe.
 */
final class FirstChanges implements AutoCloseable {
    private final Map<Path, FolderWatch> armed = new ConcurrentHashMap<>();
    private final Consumer<Path> changed;

    /** @param changed receives the folder, in a thread of the watch */
    FirstChanges(Consumer<Path> changed) {
        this.changed = changed;
    }

    /**
     * Call this before reading the folder, so that no change is missed in between.
     *
     * @return false if some changes may go unnoticed: the folder does not exist, other hosts write in it, or the
     *     kernel's limit of watches is reached
     */
    boolean arm(Path folder) {
        try {
            if (!armed.containsKey(folder)) {
                Optional<FolderWatch> watch = FolderWatch.of(folder, () -> pass(folder));
                if (watch.isEmpty()) {
                    return false;
                }
                armed.put(folder, watch.get());
            }
            return FileSystemScope.of(folder) == FileSystemScope.THIS_HOST;
        } catch (IOException unwatchable) {
            return false;
        }
    }

    private void pass(Path folder) {
        FolderWatch watch = armed.remove(folder);
        if (watch != null) {
            watch.close();
        }
        changed.accept(folder);
    }

    @Override
    public void close() {
        armed.values().forEach(FolderWatch::close);
        armed.clear();
    }
}
