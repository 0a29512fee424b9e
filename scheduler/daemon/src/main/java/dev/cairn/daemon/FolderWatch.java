package dev.cairn.daemon;

import dev.cairn.files.FileSystemScope;
import java.io.IOException;
import java.nio.file.ClosedWatchServiceException;
import java.nio.file.FileSystems;
import java.nio.file.Path;
import java.nio.file.StandardWatchEventKinds;
import java.nio.file.WatchKey;
import java.nio.file.WatchService;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;

/**
 * Reports the first change in each folder since the watch was last armed, from the kernel's notifications. It is armed anew after each
 * change, so
 * that a folder in which a step writes a lot wakes the daemon no more often than the daemon arms it. Thread-safe.
 */
final class FolderWatch implements AutoCloseable {
    /** Empty if the user's limit of inotify instances is reached. */
    private final Optional<WatchService> service;

    private final Map<Path, WatchKey> armed = new ConcurrentHashMap<>();
    private final Consumer<Path> changed;

    /** @param changed receives the folder, in a thread of the watch */
    static FolderWatch open(Consumer<Path> changed) {
        Optional<WatchService> service;
        try {
            service = Optional.of(FileSystems.getDefault().newWatchService());
        } catch (IOException noneLeft) {
            service = Optional.empty();
        }
        FolderWatch watch = new FolderWatch(service, changed);
        service.ifPresent(watch::start);
        return watch;
    }

    private FolderWatch(Optional<WatchService> service, Consumer<Path> changed) {
        this.service = service;
        this.changed = changed;
    }

    private void start(WatchService opened) {
        Thread thread = new Thread(() -> pass(opened), "folder-watch");
        thread.setDaemon(true);
        thread.start();
    }

    private void pass(WatchService opened) {
        try {
            while (true) {
                WatchKey key = opened.take();
                key.cancel();
                Path folder = (Path) key.watchable();
                armed.remove(folder, key);
                changed.accept(folder);
            }
        } catch (InterruptedException | ClosedWatchServiceException closed) {
            // nothing is watched any more
        }
    }

    /**
     * Call this before looking at what is in the folder, so that no change falls between.
     *
     * @return false if some changes may go unnoticed: the folder does not exist, other hosts write in it, or the kernel's limit of
     * watches is reached
     */
    boolean arm(Path folder) {
        try {
            if (service.isEmpty()) {
                return false;
            }
            if (!armed.containsKey(folder)) {
                WatchKey key = folder.register(
                        service.get(),
                        StandardWatchEventKinds.ENTRY_CREATE,
                        StandardWatchEventKinds.ENTRY_MODIFY,
                        StandardWatchEventKinds.ENTRY_DELETE);
                armed.put(folder, key);
            }
            return FileSystemScope.of(folder) == FileSystemScope.THIS_HOST;
        } catch (IOException unwatchable) {
            return false;
        }
    }

    @Override
    public void close() throws IOException {
        if (service.isPresent()) {
            service.get().close();
        }
    }
}
