package dev.cairn.slurm;

import dev.cairn.host.Processes;
import java.time.Duration;
import java.util.Optional;
import java.util.function.BooleanSupplier;

/** Asks Slurm whether it is ending a job: the job's processes may end before the runner is signalled. */
public final class JobEviction {
    /** Slurm's own process on the node, the ancestor of every process of a job. */
    private static final String STEP_DAEMON = "slurmstepd";

    private static final Duration ASK_FOR = Duration.ofMinutes(1);
    private static final Duration ASK_AGAIN = Duration.ofSeconds(1);

    private final BatchJob job;
    private final Slurm slurm;
    private final BooleanSupplier within;

    /** Checks the job of this process. */
    public JobEviction(BatchJob job, Slurm slurm) {
        this(job, slurm, () -> Processes.descendsFrom(ProcessHandle.current(), STEP_DAEMON));
    }

    /**
     * @param within whether this process is part of the job; a terminal that outlives its job has the job's variables
     *     but is not part of it
     */
    JobEviction(BatchJob job, Slurm slurm, BooleanSupplier within) {
        this.job = job;
        this.slurm = slurm;
        this.within = within;
    }

    /**
     * Why Slurm is ending the job, as text for the user; empty if the job continues or Slurm gives no reason. If the
     * controller does not answer, asks again for a minute: a step that needs the controller fails while it restarts,
     * and its later answer decides.
     */
    public Optional<String> reason() throws InterruptedException {
        long begun = System.nanoTime();
        while (true) {
            try {
                StopCause cause = StopCause.of(job, slurm.job(job.id()), false);
                return isEviction(cause)
                        ? Optional.of("Slurm job " + job.id() + " " + cause.words())
                        : Optional.empty();
            } catch (SlurmException unheard) {
                boolean late = System.nanoTime() - begun > ASK_FOR.toNanos();
                if (late || unheard.kind() != SlurmException.Kind.UNCLEAR || !within.getAsBoolean()) {
                    return Optional.empty();
                }
                Thread.sleep(ASK_AGAIN.toMillis());
            }
        }
    }

    private boolean isEviction(StopCause cause) {
        return switch (cause) {
            case PREEMPTION, REQUEUE, TIME_LIMIT, CANCELLED -> true;
            case FORGOTTEN -> within.getAsBoolean();
            case WARNING, SIGNAL, UNKNOWN -> false;
        };
    }
}
