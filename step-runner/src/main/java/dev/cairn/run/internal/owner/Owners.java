package dev.cairn.run.internal.owner;

import dev.cairn.engine.ProcessIdentity;
import dev.cairn.host.HostIdentity;
import dev.cairn.host.Processes;
import dev.cairn.run.manifest.OwnerRecord;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/** Takes over runs for this process, and finds out who owns them. Immutable; any thread. */
public final class Owners {
    /** An owner on another host counts as dead when its heartbeat is silent for this long. */
    public static final Duration LEASE = Duration.ofSeconds(30);

    /** The time between two heartbeats of an owner. */
    public static final Duration BEAT = Duration.ofSeconds(5);

    private final HostIdentity host;
    private final ProcessIdentity self;
    private final Duration lease;

    Owners(HostIdentity host, ProcessIdentity self, Duration lease) {
        this.host = host;
        this.self = self;
        this.lease = lease;
    }

    public static Owners ofThisProcess() throws IOException {
        return new Owners(HostIdentity.current(), Processes.current(), LEASE);
    }

    public HostIdentity host() {
        return host;
    }

    /** Describes this process for a person. */
    public String describeSelf() {
        return OwnerRecord.of(host, self, 0).describe();
    }

    /**
     * Takes a run that is free or whose owner is dead. Of any number of simultaneous callers, one wins. If the last
     * owner's pids cannot be seen from here, watches its heartbeat for at most the lease time.
     */
    public Claim claim(Path runFolder) throws IOException, InterruptedException {
        OwnerFiles files = new OwnerFiles(runFolder);
        OwnerWatch watch = new OwnerWatch(host, lease);
        while (true) {
            Optional<OwnerRecord> last = files.current();
            OwnerWatch.Verdict verdict =
                    last.map(owner -> watch.judge(owner, System.nanoTime())).orElse(OwnerWatch.Verdict.DEAD);
            switch (verdict) {
                case ALIVE -> {
                    return new Claim.Held(last.orElseThrow());
                }
                case UNKNOWN -> Thread.sleep(lease.toMillis() / 30);
                case DEAD -> {
                    OwnerRecord ours = OwnerRecord.of(
                            host, self, last.map(OwnerRecord::epoch).orElse(0L) + 1);
                    if (files.claim(ours)) {
                        files.show(ours);
                        return new Claim.Won(new Ownership(files, ours), last.filter(owner -> !owner.released()));
                    }
                }
            }
        }
    }

    /** The process that owns the run now, without waiting; empty if the owner is certainly dead. */
    public Optional<OwnerRecord> ownerOf(Path runFolder) throws IOException {
        OwnerWatch watch = new OwnerWatch(host, lease);
        return new OwnerFiles(runFolder)
                .current()
                .filter(owner -> watch.judge(owner, System.nanoTime()) != OwnerWatch.Verdict.DEAD);
    }
}
