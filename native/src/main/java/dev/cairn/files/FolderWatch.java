package dev.cairn.files;

import java.io.IOException;
import java.nio.file.ClosedWatchServiceException;
import java.nio.file.FileSystems;
import java.nio.file.Path;
import java.nio.file.StandardWatchEventKinds;
import java.nio.file.WatchKey;
import java.nio.file.WatchService;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/**
 * Reports changes in a folder at once, with the help of the kernel. The kernel does not report what another host writes
 * through a file server, so a caller still has to look from time to time. One thread serves the whole process.
 * Thread-safe.
 */
public final class FolderWatch implements AutoCloseable {
    private static @Nullable Watcher watcher;
    private static boolean isRefused;

    private final Watcher shared;
    private final WatchKey key;
    private final Runnable onChange;

    private FolderWatch(Watcher shared, WatchKey key, Runnable onChange) {
        this.shared = shared;
        this.key = key;
        this.onChange = onChange;
    }

    /**
     * @param onChange called in the watch's thread; must return soon
     * @return empty if the folder cannot be watched: there are too many watches, or it does not exist
     */
    public static Optional<FolderWatch> of(Path folder, Runnable onChange) {
        synchronized (FolderWatch.class) {
            Watcher shared = shared();
            try {
                return shared == null ? Optional.empty() : Optional.of(shared.add(folder, onChange));
            } catch (IOException | UnsupportedOperationException unwatched) {
                return Optional.empty();
            }
        }
    }

    private static @Nullable Watcher shared() {
        if (watcher == null && !isRefused) {
            try {
                watcher = new Watcher(FileSystems.getDefault().newWatchService());
                Thread thread = new Thread(watcher, "cairn-watch");
                thread.setDaemon(true);
                thread.start();
            } catch (IOException | UnsupportedOperationException tooMany) {
                isRefused = true; // a user may have 128 instances of inotify, and other programs
                // may hold them
            }
        }
        return watcher;
    }

    @Override
    public void close() {
        synchronized (FolderWatch.class) {
            // the last watch ends the thread: a Java program cannot exit while the thread is in the
            // kernel
            if (shared.remove(this) && watcher == shared) {
                shared.close();
                watcher = null;
            }
        }
    }

    private static final class Watcher implements Runnable, AutoCloseable {
        private final WatchService service;
        private final Map<WatchKey, List<FolderWatch>> watches = new ConcurrentHashMap<>();

        Watcher(WatchService service) {
            this.service = service;
        }

        FolderWatch add(Path folder, Runnable onChange) throws IOException {
            WatchKey key = folder.register(
                    service,
                    StandardWatchEventKinds.ENTRY_CREATE,
                    StandardWatchEventKinds.ENTRY_MODIFY,
                    StandardWatchEventKinds.ENTRY_DELETE);
            FolderWatch watch = new FolderWatch(this, key, onChange);
            watches.computeIfAbsent(key, of -> new CopyOnWriteArrayList<>()).add(watch);
            return watch;
        }

        boolean remove(FolderWatch watch) {
            List<FolderWatch> same = watches.get(watch.key);
            if (same != null && same.remove(watch) && same.isEmpty()) {
                watches.remove(watch.key);
                watch.key.cancel();
            }
            return watches.isEmpty();
        }

        @Override
        public void close() {
            try {
                service.close();
            } catch (IOException e) {
                // the watch reports nothing more in any case
            }
        }

        @Override
        public void run() {
            try {
                while (true) {
                    WatchKey key = service.take();
                    key.pollEvents();
                    key.reset();
                    watches.getOrDefault(key, List.of()).forEach(watch -> watch.onChange.run());
                }
            } catch (InterruptedException | ClosedWatchServiceException over) {
                // nothing reports changes then, so callers that wait look for themselves
            }
        }
    }
}
