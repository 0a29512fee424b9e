package dev.cairn.slurm;

import java.util.Optional;

/**
 * The result of requeueing a job that stopped with a checkpoint.
 *
 * @param goesOn whether the job is queued again, so that the same line resumes the run
 * @param words what happened and what to do, for a person
 */
public record Requeue(StopCause cause, boolean goesOn, String words) {
    private static final String BY_HAND = "; submit the same script again to resume";
    private static final int TRIES = 3;

    /**
     * Requeues the job if that is necessary.
     *
     * @param warned whether USR1 was among the signals that stopped it
     */
    public static Requeue after(BatchJob job, Slurm slurm, boolean warned) throws InterruptedException {
        StopCause cause = causeOf(job, slurm, warned);
        String what = "Slurm job " + job.id() + " " + cause.words();
        if (cause == StopCause.REQUEUE) {
            return new Requeue(cause, true, what + "; the same line resumes when the job starts again");
        }
        if (!cause.isToBeRequeued()) {
            return new Requeue(cause, false, what + BY_HAND);
        }
        Optional<String> refusal = requeue(job, slurm);
        return refusal.isEmpty()
                ? new Requeue(cause, true, what + "; it was requeued, and the same line resumes")
                : new Requeue(cause, false, what + ", and Slurm does not requeue it (" + refusal.get() + ")" + BY_HAND);
    }

    private static StopCause causeOf(BatchJob job, Slurm slurm, boolean warned) throws InterruptedException {
        try {
            return StopCause.of(job, slurm.job(job.id()), warned);
        } catch (SlurmException unheard) {
            return StopCause.UNKNOWN;
        }
    }

    /** @return Slurm's message if it refused */
    private static Optional<String> requeue(BatchJob job, Slurm slurm) throws InterruptedException {
        String last = "";
        for (int i = 0; i < TRIES; i++) {
            try {
                slurm.requeue(job.id());
                return Optional.empty();
            } catch (SlurmException e) {
                last = String.valueOf(e.getMessage());
                if (e.kind() != SlurmException.Kind.UNCLEAR) {
                    break;
                }
            }
        }
        return Optional.of(last);
    }
}
