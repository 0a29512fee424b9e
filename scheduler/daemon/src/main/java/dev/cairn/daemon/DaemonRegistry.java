package dev.cairn.daemon;

import dev.cairn.schedule.store.Database;
import dev.cairn.schedule.store.StoreException;
import dev.cairn.schedule.store.Tables;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The daemons that share a database: shows that this one lives, and detects dead ones by its own clock. Confined to the
 * daemon's thread.
 */
final class DaemonRegistry {
    static final Duration BEAT = Duration.ofSeconds(1);
    private static final Duration DEAD_AFTER = Duration.ofSeconds(8);

    private final Database database;
    private final String self;
    private final Map<String, Seen> seen = new HashMap<>();

    private record Seen(long beat, long nanos) {}

    DaemonRegistry(Database database, String self) {
        this.database = database;
        this.self = self;
    }

    /**
     * Registers this daemon, and takes over the runs of dead ones.
     *
     * @return since when a daemon has been running without a gap
     */
    Instant enter(Instant now) throws StoreException, InterruptedException {
        List<Tables.DaemonRow> before = database.read(Tables::daemons);
        Instant since = now;
        if (database.isShared() && !before.isEmpty()) {
            Thread.sleep(BEAT.plusMillis(500).toMillis());
            for (Tables.DaemonRow other : database.read(Tables::daemons)) {
                boolean lives =
                        before.stream().anyMatch(row -> row.id().equals(other.id()) && row.beat() != other.beat());
                since = lives && other.since().isBefore(since) ? other.since() : since;
            }
        }
        Instant entered = since;
        database.transact(tables -> {
            if (!database.isShared()) {
                for (Tables.DaemonRow dead : tables.daemons()) {
                    tables.leave(dead.id());
                }
            }
            tables.enter(self, entered);
            tables.takeOver(self);
            return true;
        });
        return since;
    }

    /**
     * The findings of a heartbeat.
     *
     * @param dead ids of daemons that no longer live
     * @param tookOver whether runs of daemons that died or left are now ours
     */
    record Beat(List<String> dead, boolean tookOver) {}

    Beat beat(Instant since) throws StoreException {
        return database.transact(tables -> {
            tables.decideAlone();
            if (!tables.beat(self)) {
                tables.enter(self, since);
            }
            List<String> dead = new ArrayList<>();
            if (database.isShared()) {
                for (Tables.DaemonRow other : tables.daemons()) {
                    if (!other.id().equals(self) && isDead(other)) {
                        tables.leave(other.id());
                        dead.add(other.id());
                    }
                }
            }
            return new Beat(dead, database.isShared() && tables.takeOver(self));
        });
    }

    private boolean isDead(Tables.DaemonRow other) {
        Seen last = seen.get(other.id());
        long now = System.nanoTime();
        if (last == null || last.beat() != other.beat()) {
            seen.put(other.id(), new Seen(other.beat(), now));
            return false;
        }
        return now - last.nanos() > DEAD_AFTER.toNanos();
    }

    void leave() throws StoreException {
        database.transact(tables -> {
            tables.leave(self);
            tables.tellOfChange();
            return true;
        });
    }
}
