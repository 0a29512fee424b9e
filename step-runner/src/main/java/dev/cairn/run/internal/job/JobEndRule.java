package dev.cairn.run.internal.job;

import dev.cairn.run.manifest.StepState;
import dev.cairn.slurm.JobState;
import dev.cairn.slurm.JobState.Known;
import java.util.Optional;

/**
 * Decides what follows when a step's job has ended. The step's manifest takes precedence; Slurm's state counts only if
 * the step has not ended. Pure.
 *
 * @param state the state of the step after the job; empty if another job resumes it
 * @param idle how many jobs in a row have now ended without a newer image
 */
record JobEndRule(Optional<StepState> state, String message, int idle) {
    /** How many jobs in a row may end without a newer image, if that may be their own fault. */
    static final int MOST_IDLE = 3;

    /**
     * @param step the step's state after the job
     * @param end the job's final state; empty if Slurm no longer shows it
     * @param advanced whether the job has made an image
     * @param idleBefore number of consecutive earlier jobs without a newer image
     * @param cancelled whether a user cancelled the run or the step through Cairn
     */
    static JobEndRule of(
            String job,
            StepState step,
            String stepMessage,
            Optional<JobState> end,
            boolean advanced,
            int idleBefore,
            boolean cancelled) {
        if (step.isFinal() || step == StepState.PAUSED || step == StepState.INTERRUPTED) {
            return new JobEndRule(Optional.of(step), stepMessage, 0);
        }
        String ended = "Slurm job " + job + " ended: " + end.map(JobState::text).orElse("Slurm no longer shows it");
        if (cancelled || end.filter(Known.CANCELLED::equals).isPresent()) {
            return new JobEndRule(Optional.of(StepState.CANCELLED), "Slurm job " + job + " was cancelled", 0);
        }
        if (end.filter(Known.DEADLINE::equals).isPresent()) {
            return new JobEndRule(Optional.of(StepState.FAILED), ended + ": it could not end before its --deadline", 0);
        }
        // a displaced job is not a failure of the step and has no budget
        boolean blameless = end.filter(Known.PREEMPTED::equals).isPresent();
        int idle = advanced ? 0 : blameless ? idleBefore : idleBefore + 1;
        return idle > MOST_IDLE
                ? new JobEndRule(
                        Optional.of(StepState.FAILED),
                        ended + ", as did " + MOST_IDLE + " before it, without a new image; its log is job/slurm-" + job
                                + ".log in the step's folder",
                        idle)
                : new JobEndRule(Optional.empty(), ended + "; another job resumes the step", idle);
    }
}
