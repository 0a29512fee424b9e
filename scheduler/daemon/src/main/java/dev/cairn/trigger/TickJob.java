package dev.cairn.trigger;

import java.time.Instant;
import java.util.Date;
import org.quartz.Job;
import org.quartz.JobExecutionContext;
import org.quartz.JobExecutionException;
import org.quartz.SchedulerException;

/**
 * The only job of the daemon's Quartz: passes a fired time of a schedule to the ledger. Quartz creates it by its class
 * name in the database.
 */
public final class TickJob implements Job {
    static final String LISTENER = "cairn.ticks";

    /** Receives each fired time, in the thread of Quartz. */
    @FunctionalInterface
    public interface Listener {
        /** @param time the scheduled time, or the present time for times that Quartz missed */
        void fired(String schedule, Instant time);
    }

    @Override
    public void execute(JobExecutionContext context) throws JobExecutionException {
        try {
            if (context.getScheduler().getContext().get(LISTENER) instanceof Listener ticks) {
                Date time = context.getScheduledFireTime();
                ticks.fired(context.getTrigger().getKey().getName(), time.toInstant());
            }
        } catch (SchedulerException e) {
            throw new JobExecutionException(e);
        }
    }
}
