package dev.cairn.slurm;

import dev.cairn.slurm.JobState.Known;
import java.util.Optional;

/**
 * Why a job's processes were signalled to stop, as far as Slurm shows it at that time. The rule was measured on Slurm 22.05: requeueing
 * whenever TERM comes would make {@code scancel} ineffective.
 */
public enum StopCause {
    /** The job's nodes are needed for another job, and the job has a grace time. */
    PREEMPTION("is being preempted", true),
    /** The job is back in the queue already, or has started again elsewhere. */
    REQUEUE("was requeued", false),
    /** The controller was killed before it had recorded the job, and ends the job when the node reports it. */
    FORGOTTEN("is unknown to Slurm", false),
    /** The warning before the time limit, or any other USR1. */
    WARNING("is near its time limit", true),
    TIME_LIMIT("has reached its time limit", true),
    CANCELLED("was cancelled", false),
    /** Not caused by Slurm: a user or program sent TERM. */
    SIGNAL("was sent TERM, though Slurm neither preempts nor ends it", false),
    UNKNOWN("was asked to stop, and Slurm did not say why", false);

    private final String words;
    private final boolean toBeRequeued;

    StopCause(String words, boolean toBeRequeued) {
        this.words = words;
        this.toBeRequeued = toBeRequeued;
    }

    /** What happened to the job, for a person. */
    public String words() {
        return words;
    }

    /** Whether the job must requeue itself in order to resume. */
    public boolean isToBeRequeued() {
        return toBeRequeued;
    }

    /**
     * @param info the job after the signal; empty if Slurm does not know it
     * @param warned whether USR1 was among the signals
     */
    public static StopCause of(BatchJob job, Optional<JobInfo> info, boolean warned) {
        if (info.isEmpty()) {
            return FORGOTTEN;
        }
        JobInfo now = info.get();
        // a controller that was killed may not know that it had started the job: then the job
        // waits, with an unchanged number of restarts
        if (now.restarts() > job.restart() || now.state().course() == JobState.Course.WAITS) {
            return REQUEUE;
        }
        if (now.reason().equals("TimeLimit")) {
            return TIME_LIMIT;
        }
        if (now.state() == Known.COMPLETING || now.state().course() == JobState.Course.OVER) {
            return CANCELLED;
        }
        if (now.preempted()) {
            return PREEMPTION;
        }
        return warned ? WARNING : SIGNAL;
    }
}
