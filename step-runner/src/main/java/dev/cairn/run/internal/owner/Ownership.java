package dev.cairn.run.internal.owner;

import dev.cairn.run.failure.OwnershipLostException;
import java.io.IOException;

/**
 * The right to write to a run, held by this process until it is released, lost or the process dies. Thread-safe.
 */
public final class Ownership implements AutoCloseable {
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
     * To be called before each publication.
     *
     * @throws OwnershipLostException when another process has taken over, or this one has let go
     */
    public void ensureOurs() throws OwnershipLostException {
        if (files.claimed(epoch + 1)) {
            throw OwnershipLostException.takenOver(files.runFolder(), epoch);
        }
        if (record.released()) {
            throw OwnershipLostException.letGo(files.runFolder(), epoch);
        }
    }

    /** Shows other hosts that this owner lives; to be called several times per lease. */
    public synchronized void beat() throws IOException {
        ensureOurs();
        record = record.beat();
        files.show(record);
    }

    /** Lets go of the run, so that the next owner need not wait; does nothing when it was lost. */
    @Override
    public synchronized void close() throws IOException {
        if (!record.released() && !files.claimed(epoch + 1)) {
            record = record.letGo();
            files.show(record);
        }
    }
}
