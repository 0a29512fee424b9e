package dev.cairn.schedule.store;

import dev.cairn.files.DurableFiles;
import dev.cairn.files.FileSystemScope;
import dev.cairn.files.Trust;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/** The folder of the daemon's own files, on a disk of this machine. Immutable. */
public record StateFolder(Path path) {
    /** {@code $XDG_STATE_HOME/cairn}, else {@code ~/.local/state/cairn}: the XDG base directory specification. */
    public static StateFolder of(Map<String, String> environment) {
        String named = environment.getOrDefault("XDG_STATE_HOME", "");
        Path base = Path.of(named).isAbsolute()
                ? Path.of(named)
                : Path.of(environment.getOrDefault("HOME", System.getProperty("user.home")), ".local", "state");
        return new StateFolder(base.resolve("cairn"));
    }

    public Path database() {
        return path.resolve("scheduler.db");
    }

    /** The lock file, which the daemon holds while it runs. */
    public Path lock() {
        return path.resolve("daemon.lock");
    }

    /** The file in which the daemon publishes data about itself. */
    public Path about() {
        return path.resolve("daemon.json");
    }

    public Path log() {
        return path.resolve("daemon.log");
    }

    /** The folder of the signal, which a command changes after it has changed data that the daemon must read. */
    public ChangeSignal changes() {
        return new ChangeSignal(path.resolve("changes"));
    }

    /**
     * Makes the folder when it is missing.
     *
     * @throws dev.cairn.files.UntrustedException if another user could write it: the daemon runs what its database names
     */
    public void create() throws IOException {
        DurableFiles.createFolders(path);
        Trust.ofThisProcess().check(path);
        check(Files.getFileStore(path).type());
    }

    void check(String type) throws IOException {
        if (FileSystemScope.of(type) == FileSystemScope.OTHER_HOSTS) {
            throw new StoreException(path + " is on a network file system (" + type + "), on which an embedded database"
                    + " loses data. Set XDG_STATE_HOME to a folder on a local disk, or let the daemons share a"
                    + " PostgreSQL (--store)");
        }
    }
}
