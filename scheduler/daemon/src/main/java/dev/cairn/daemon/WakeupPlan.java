package dev.cairn.daemon;

import dev.cairn.schedule.ScheduleEntry;
import dev.cairn.schedule.store.Database;
import dev.cairn.schedule.store.StoreException;
import dev.cairn.schedule.store.Tables;
import dev.cairn.trigger.QuartzWakeups;
import dev.cairn.trigger.WakeupException;
import dev.cairn.workflow.cron.FireTimes;
import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Keeps the alarm clock's alarms to what the schedules say. Confined to the daemon's thread. */
final class WakeupPlan {
    /** Set in one transaction. */
    private static final int AT_ONCE = 500;

    private final QuartzWakeups clock;
    private final Map<String, String> set = new HashMap<>();

    WakeupPlan(QuartzWakeups clock) {
        this.clock = clock;
    }

    /** Sets those that are new or other than before, and removes those of schedules that are gone, paused or over. */
    void follow(Database database, Instant now) throws StoreException, WakeupException {
        List<ScheduleEntry> schedules = database.read(Tables::schedules);
        Set<String> gone = new HashSet<>(clock.names());
        Map<String, FireTimes> other = new HashMap<>();
        for (ScheduleEntry schedule : schedules) {
            if (schedule.paused() || schedule.next().isEmpty()) {
                continue;
            }
            boolean there = gone.remove(schedule.id());
            String text = schedule.times().toText();
            if (!there || !text.equals(set.get(schedule.id()))) {
                other.put(schedule.id(), schedule.times());
            }
            if (other.size() == AT_ONCE) {
                set(other, now);
            }
        }
        set(other, now);
        if (!gone.isEmpty()) {
            clock.remove(gone);
            set.keySet().removeAll(gone);
        }
    }

    private void set(Map<String, FireTimes> alarms, Instant now) throws WakeupException {
        clock.set(alarms, now);
        alarms.forEach((name, times) -> set.put(name, times.toText()));
        alarms.clear();
    }
}
