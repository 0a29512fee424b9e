package dev.cairn.trigger;

import java.util.Date;
import org.quartz.Job;
import org.quartz.JobExecutionContext;
import org.quartz.JobExecutionException;
import org.quartz.SchedulerException;

/** The only job of the daemon's Quartz: passes a fired time of a schedule to the ledger. Made by Quartz, by its name in the database. */
public final class TickJob implements Job {
    static final String TICKS = "cairn.ticks";

    @Override
    public void execute(JobExecutionContext context) throws JobExecutionException {
        try {
            if (context.getScheduler().getContext().get(TICKS) instanceof ScheduleTriggers.Ticks ticks) {
                Date time = context.getScheduledFireTime();
                ticks.fired(context.getTrigger().getKey().getName(), time.toInstant());
            }
        } catch (SchedulerException e) {
            throw new JobExecutionException(e);
        }
    }
}
