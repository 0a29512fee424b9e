package dev.cairn.run.internal.step;

import dev.cairn.engine.Checkpointer;
import dev.cairn.engine.LeaseTimes;
import dev.cairn.host.HostIdentity;
import dev.cairn.run.event.RunListener;
import dev.cairn.run.manifest.Publisher;
import dev.cairn.slurm.BatchJob;
import java.time.Clock;
import java.util.Optional;

/**
 * The services that the steps of one run share.
 *
 * @param epoch the epoch of the run's owner
 * @param publisher writes manifests; refuses if another process has taken the run over
 * @param assumeLost whether an open attempt on a host that cannot be seen from here counts as dead, as a person has
 *     said
 * @param lease lease times for a step whose images other hosts can reach
 * @param eviction asked when a step has ended badly
 * @param job the Slurm job of this process, which no step outlives
 * @param listener receives events in the step's thread
 */
public record StepServices(
        Engines engines,
        HostIdentity host,
        long epoch,
        Publisher publisher,
        boolean assumeLost,
        LeaseTimes lease,
        Optional<BatchJob> job,
        Eviction eviction,
        Clock clock,
        RunListener listener) {

    Checkpointer engine(String name) {
        return engines.named(name);
    }
}
