package dev.cairn.run;

import dev.cairn.engine.LeaseTimes;
import dev.cairn.run.internal.owner.Owners;
import dev.cairn.run.internal.reuse.EarlierSuccesses;
import dev.cairn.run.internal.step.Engines;
import dev.cairn.run.internal.step.Eviction;
import dev.cairn.run.manifest.JobStart;
import dev.cairn.run.notify.Deliveries;
import dev.cairn.run.notify.PendingNotifications;
import dev.cairn.slurm.BatchJob;
import dev.cairn.slurm.JobEviction;
import dev.cairn.slurm.Slurm;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a runner needs from its process.
 *
 * @param lease times of the leases of steps whose images other hosts can reach
 * @param environment the environment of this process
 * @param self the command that starts this program again, on any host; empty if there is none
 * @param deliveries delivers notifications; empty if they are not set up
 * @param successes the earlier successes of steps with {@code cache}
 */
record RunnerContext(
        Engines engines,
        Owners owners,
        LeaseTimes lease,
        Clock clock,
        Map<String, String> environment,
        List<String> self,
        Optional<Deliveries> deliveries,
        PendingNotifications pending,
        EarlierSuccesses successes) {

    RunnerContext withSelf(List<String> command) {
        return new RunnerContext(
                engines, owners, lease, clock, environment, List.copyOf(command), deliveries, pending, successes);
    }

    RunnerContext withDeliveries(Deliveries chosen) {
        return new RunnerContext(
                engines, owners, lease, clock, environment, self, Optional.of(chosen), pending, successes);
    }

    RunnerContext withLease(LeaseTimes chosen) {
        return new RunnerContext(engines, owners, chosen, clock, environment, self, deliveries, pending, successes);
    }

    /** The Slurm job that this process is part of. */
    Optional<BatchJob> job() {
        return BatchJob.of(environment);
    }

    /** The start of that job; empty in a step, whose script is repeated without it. */
    Optional<JobStart> jobStart() {
        return environment.containsKey(StepTaskFactory.RUN_ID)
                ? Optional.empty()
                : job().map(job -> new JobStart(job.id(), job.restart()));
    }

    /** Whether Slurm is ending that job. */
    Eviction eviction() {
        return job().<Eviction>map(job -> new JobEviction(job, new Slurm(environment))::reason)
                .orElse(Eviction.NONE);
    }
}
