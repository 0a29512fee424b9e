package dev.cairn.run.manifest;

/**
 * One start of a Slurm job; each requeue makes another one.
 *
 * @param job the job's id, as {@code AttemptRecord.job}
 * @param restart how often the job had been requeued before it
 */
public record JobStart(String job, int restart) {

    /** Whether it is a later start of the same job. */
    public boolean follows(JobStart earlier) {
        return job.equals(earlier.job) && restart > earlier.restart;
    }
}
