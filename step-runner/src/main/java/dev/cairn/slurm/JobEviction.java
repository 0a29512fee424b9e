package dev.cairn.slurm;

import java.util.Optional;

/** Asks Slurm whether it is ending a job: its processes may end before the runner among them is told. */
public final class JobEviction {
    private final BatchJob job;
    private final Slurm slurm;

    public JobEviction(BatchJob job, Slurm slurm) {
        this.job = job;
        this.slurm = slurm;
    }

    /** What is happening to the job, for a person; empty when it goes on, and when Slurm does not say. */
    public Optional<String> reason() throws InterruptedException {
        try {
            StopCause cause = StopCause.of(job, slurm.job(job.id()), false);
            return switch (cause) {
                case PREEMPTION, REQUEUE, TIME_LIMIT, CANCELLED ->
                    Optional.of("Slurm job " + job.id() + " " + cause.words());
                case WARNING, SIGNAL, UNKNOWN -> Optional.empty();
            };
        } catch (SlurmException unheard) {
            return Optional.empty();
        }
    }
}
