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
 * What the steps of one run share.
 *
 * @param epoch of the run's owner
 * @param publisher writes manifests; refuses when the run has been taken over
 * @param assumeLost an open attempt on a host that cannot be seen from here is taken for dead, since a person says so
 * @param lease of a step whose images other hosts can reach
 * @param eviction asked when a step has ended badly
 * @param job the Slurm job that this process is part of: no step outlives it
 * @param listener told from the step's thread
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
