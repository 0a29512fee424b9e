package dev.cairn.run.internal.step;

import java.util.Optional;

/** Whether the host is being taken from what runs here, as far as can be told now. Any thread. */
@FunctionalInterface
public interface Eviction {
    Eviction NONE = Optional::empty;

    /** What is happening, for a person; empty when nothing is. */
    Optional<String> reason() throws InterruptedException;
}
