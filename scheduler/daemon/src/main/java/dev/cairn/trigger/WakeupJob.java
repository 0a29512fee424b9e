package dev.cairn.trigger;

import org.quartz.Job;
import org.quartz.JobExecutionContext;
import org.quartz.JobExecutionException;
import org.quartz.SchedulerException;

/** Rings; made by Quartz. */
public final class WakeupJob implements Job {
    static final String BELL = "cairn.bell";

    @Override
    public void execute(JobExecutionContext context) throws JobExecutionException {
        try {
            if (context.getScheduler().getContext().get(BELL) instanceof QuartzWakeups.Bell bell) {
                bell.ring(context.getTrigger().getKey().getName());
            }
        } catch (SchedulerException e) {
            throw new JobExecutionException(e);
        }
    }
}
