package dev.cairn.run.internal.job;

import dev.cairn.run.internal.owner.Owners;
import dev.cairn.run.manifest.RunFolder;
import dev.cairn.slurm.JobState;
import dev.cairn.slurm.Slurm;
import dev.cairn.slurm.SlurmException;
import java.io.IOException;
import java.util.Optional;

/** Whether a step's job waits or runs, according to Slurm. The job may have ended while no runner followed it. */
public final class ActiveJobs {
    private final Slurm slurm;
    private final Owners owners;

    public ActiveJobs(Slurm slurm, Owners owners) {
        this.slurm = slurm;
        this.owners = owners;
    }

    /**
     * @param part the folder of the step's job
     * @return the job as text for the user; empty if there is none or it has ended
     */
    public Optional<String> of(RunFolder part) throws IOException, InterruptedException {
        Optional<Submission> last =
                Submission.read(part).filter(open -> open.over().isEmpty());
        if (last.isEmpty()) {
            return Optional.empty();
        }
        if (last.get().job().isEmpty()) {
            return Optional.of("a Slurm job that may have been submitted");
        }
        String job = "Slurm job " + last.get().job().get();
        if (owners.ownerOf(part.path()).isPresent()) {
            return Optional.of(job);
        }
        try {
            return slurm.queued(last.get().job().get(), last.get().name())
                    .filter(line -> line.state().course() != JobState.Course.OVER)
                    .map(line -> job + " (" + line.state().text() + ")");
        } catch (SlurmException e) {
            return Optional.of(job + ", of which Slurm cannot be asked now: " + e.getMessage());
        }
    }
}
