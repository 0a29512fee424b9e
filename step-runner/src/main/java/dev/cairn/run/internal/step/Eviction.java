package dev.cairn.run.internal.step;

import java.util.Optional;

/** Tells whether the host or job is being taken away from this process. Any thread. */
@FunctionalInterface
public interface Eviction {
    Eviction NONE = Optional::empty;

    /** What is happening, for a person; empty if nothing is. */
    Optional<String> reason() throws InterruptedException;
}
