package dev.cairn.daemon;

import dev.cairn.engine.ProcessIdentity;
import dev.cairn.files.DocumentType;
import dev.cairn.files.OrdinaryFile;
import dev.cairn.host.HostIdentity;
import dev.cairn.host.Processes;
import dev.cairn.schedule.store.StateFolder;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.Arrays;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/**
 * Ensures that only one daemon at a time works in a state folder, by a lock that the kernel releases when the daemon
 * dies. Thread-safe.
 */
public final class DaemonLock implements AutoCloseable {
    private static final DocumentType TYPE = new DocumentType("cairn.daemon", 1);
    /** Bytes at the start of the lock file that are reserved for the daemon's present problem, padded with zeros. */
    private static final int ROOM = 1024;

    private final FileChannel channel;
    private final StateFolder folder;
    private final Object file;

    private DaemonLock(FileChannel channel, StateFolder folder) throws IOException {
        this.channel = channel;
        this.folder = folder;
        this.file = file();
    }

    /**
     * What a daemon publishes about itself.
     *
     * @param http address of its pages; empty when it has none
     */
    public record About(ProcessIdentity process, String host, Instant since, String store, Optional<String> http) {}

    /** @throws DaemonException if another daemon has the lock */
    static DaemonLock take(StateFolder folder) throws IOException, DaemonException {
        folder.create();
        FileChannel channel = FileChannel.open(
                folder.lock(), StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.READ);
        @Nullable FileLock lock = channel.tryLock();
        if (lock == null) {
            channel.close();
            throw new DaemonException(
                    "another daemon" + read(folder).map(DaemonLock::who).orElse("") + " works in " + folder.path()
                            + "; 'cairn daemon stop' ends it");
        }
        DaemonLock taken = new DaemonLock(channel, folder);
        taken.inTrouble("");
        return taken;
    }

    private static String who(About about) {
        return " (pid " + about.process().pid() + " on " + about.host() + ")";
    }

    /** @throws IOException if the folder was moved or replaced: data written to open files may then be lost */
    void check() throws IOException {
        boolean same;
        try {
            same = file().equals(file);
        } catch (FileSystemException gone) {
            same = false;
        }
        if (!same) {
            throw new IOException(
                    folder.path() + " was moved away, replaced or made unreadable; put it back, or stop this daemon");
        }
    }

    private Object file() throws IOException {
        return Files.getAttribute(folder.lock(), "unix:ino");
    }

    /**
     * Records the problem that prevents this daemon from working; empty for none. It is written in place, which works
     * even on a full disk.
     */
    void inTrouble(String what) throws IOException {
        channel.write(ByteBuffer.wrap(Arrays.copyOf(what.getBytes(StandardCharsets.UTF_8), ROOM)), 0);
    }

    /** The problem that prevents the daemon of a folder from working; empty for none. */
    public static String trouble(StateFolder folder) throws IOException {
        return OrdinaryFile.ownText(folder.lock()).replace("\0", "");
    }

    void tell(About about) throws IOException {
        ObjectNode document = TYPE.create();
        document.put("pid", about.process().pid());
        document.put("start_time", about.process().startTime());
        document.put("host", about.host());
        document.put("since", about.since().toString());
        document.put("store", about.store());
        document.put("http", about.http().orElse(null));
        TYPE.write(folder.about(), document);
    }

    static About ofThisProcess(Instant since, String store, Optional<String> http) throws IOException {
        return new About(Processes.current(), HostIdentity.current().name(), since, store, http);
    }

    /** The daemon that works in a folder now, once it has published its data. */
    public static Optional<About> running(StateFolder folder) throws IOException {
        Optional<About> about = read(folder);
        return about.isPresent() && Processes.isAlive(about.get().process()) ? about : Optional.empty();
    }

    private static Optional<About> read(StateFolder folder) throws IOException {
        return TYPE.readIfPresent(folder.about())
                .map(document -> new About(
                        new ProcessIdentity(
                                document.path("pid").asLong(0),
                                document.path("start_time").asLong(0)),
                        document.path("host").asString(""),
                        Instant.parse(document.path("since").asString("")),
                        document.path("store").asString(""),
                        Optional.of(document.path("http").asString("")).filter(text -> !text.isEmpty())));
    }

    @Override
    public void close() throws IOException {
        Files.deleteIfExists(folder.about());
        channel.close();
    }
}
