package dev.cairn.run.internal.step;

import java.util.Optional;

/** Whether the host or job is being taken away from this process, as far as is known now. Any thread. */
@FunctionalInterface
public interface Eviction {
    Eviction NONE = Optional::empty;

    /** What is happening, for a person; empty when nothing is. */
    Optional<String> reason() throws InterruptedException;
}
