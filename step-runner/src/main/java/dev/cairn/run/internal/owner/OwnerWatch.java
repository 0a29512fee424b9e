package dev.cairn.run.internal.owner;

import dev.cairn.host.HostIdentity;
import dev.cairn.host.Processes;
import dev.cairn.run.manifest.OwnerRecord;
import java.io.IOException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Finds out whether an owner lives. An owner in this pid namespace is checked by its pid. For any other, only the heartbeat can be
 * watched, by this host's clock, since the owner's clock may be wrong. Confined to one thread.
 */
final class OwnerWatch {
    enum Verdict {
        ALIVE,
        DEAD,
        /** Check again later: the heartbeat has not been silent for long enough. */
        UNKNOWN
    }

    private final HostIdentity host;
    private final Duration lease;
    private @Nullable OwnerRecord seen;
    private long seenSince;

    /** @param lease an owner whose heartbeat is silent for this long is dead */
    OwnerWatch(HostIdentity host, Duration lease) {
        this.host = host;
        this.lease = lease;
    }

    /** @param nanos the observer's monotonic clock */
    Verdict judge(OwnerRecord owner, long nanos) {
        if (owner.released()) {
            return Verdict.DEAD;
        }
        if (host.sharesPidsWith(owner.bootId(), owner.pidNamespace())) {
            try {
                return Processes.isAlive(owner.process()) ? Verdict.ALIVE : Verdict.DEAD;
            } catch (IOException unseen) {
                // its heartbeat tells
            }
        }
        if (seen == null) {
            see(owner, nanos);
            return Verdict.UNKNOWN;
        }
        if (!owner.equals(seen)) {
            see(owner, nanos);
            return Verdict.ALIVE;
        }
        return nanos - seenSince >= lease.toNanos() ? Verdict.DEAD : Verdict.UNKNOWN;
    }

    private void see(OwnerRecord owner, long nanos) {
        seen = owner;
        seenSince = nanos;
    }
}
