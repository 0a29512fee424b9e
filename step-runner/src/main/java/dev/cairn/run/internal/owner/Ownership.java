package dev.cairn.run.internal.owner;

import dev.cairn.files.SteadyRead;
import dev.cairn.files.WriteFailure;
import dev.cairn.run.failure.OwnershipLostException;
import dev.cairn.run.manifest.OwnerRecord;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The right to write to a run, held by this process until it is released, lost or the process dies. Thread-safe.
 */
public final class Ownership implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Ownership.class);
    private final OwnerFiles files;
    private final long epoch;
    private volatile OwnerRecord record;

    Ownership(OwnerFiles files, OwnerRecord record) {
        this.files = files;
        this.epoch = record.epoch();
        this.record = record;
    }

    public long epoch() {
        return epoch;
    }

    /**
     * Checks the ownership; call it before each publication.
     *
     * @throws OwnershipLostException if another process has taken over, or this one has released the run
     * @throws IOException if that cannot be determined
     */
    public void ensureOurs() throws IOException {
        if (SteadyRead.of(() -> files.claimed(epoch + 1))) {
            throw OwnershipLostException.takenOver(files.runFolder(), epoch);
        }
        if (record.released()) {
            throw OwnershipLostException.letGo(files.runFolder(), epoch);
        }
    }

    /** The file that shows the heartbeat. */
    public Path view() {
        return files.view();
    }

    /**
     * Writes the heartbeat for other hosts; call it several times per lease.
     *
     * @param failure why the manifest cannot be written, for processes that read the heartbeat
     */
    public synchronized void beat(Optional<WriteFailure> failure) throws IOException {
        ensureOurs();
        record = record.beat(failure);
        files.show(record);
    }

    /** The same on a full disk, without creating a file. */
    public synchronized void beatInPlace(Optional<WriteFailure> failure) throws IOException {
        ensureOurs();
        record = record.beat(failure);
        files.showInPlace(record);
    }

    /** Shows waiting processes whether the run will soon be released. */
    public synchronized void stopping(boolean now) throws IOException {
        if (record.stopping() != now) {
            ensureOurs();
            record = record.stopping(now);
            files.show(record);
        }
    }

    /** Releases the run, so that the next owner need not wait. Does nothing if the run was lost. */
    @Override
    public synchronized void close() {
        if (record.released()) {
            return;
        }
        try {
            if (!files.claimed(epoch + 1)) {
                record = record.letGo();
                files.showInPlace(record);
            }
        } catch (IOException e) {
            LOG.warn(
                    "{}: the next owner has to see first that this one is dead: {}", files.runFolder(), e.getMessage());
        }
    }
}
