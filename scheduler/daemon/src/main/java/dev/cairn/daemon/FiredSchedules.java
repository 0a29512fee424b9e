package dev.cairn.daemon;

import java.time.Instant;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;

/** The schedules that have fired but whose times are not decided yet. Thread-safe. */
final class FiredSchedules {
    private final Map<String, Instant> upTo = new HashMap<>();
    private boolean all;

    /**
     * The schedules whose ticks need a decision.
     *
     * @param upTo by the id of a schedule; the fired time, because Quartz may fire a little early
     * @param all whether every schedule needs a decision, because times may have passed without being fired
     */
    record Fired(Map<String, Instant> upTo, boolean all) {
        /** The present time, or the latest fired time if that is later. */
        Instant latest(Instant now) {
            return upTo.values().stream().reduce(now, FiredSchedules::later);
        }
    }

    synchronized void add(String schedule, Instant time) {
        upTo.merge(schedule, time, FiredSchedules::later);
    }

    synchronized void add(Collection<String> schedules, Instant time) {
        schedules.forEach(schedule -> add(schedule, time));
    }

    synchronized void addAll() {
        all = true;
    }

    /** Takes the fired schedules. The caller decides them, or gives them back. */
    synchronized Fired take() {
        Fired taken = new Fired(Map.copyOf(upTo), all);
        upTo.clear();
        all = false;
        return taken;
    }

    private static Instant later(Instant a, Instant b) {
        return a.isAfter(b) ? a : b;
    }

    /** It was not decided. */
    synchronized void giveBack(Fired fired) {
        fired.upTo().forEach(this::add);
        all |= fired.all();
    }
}
