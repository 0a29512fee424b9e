package dev.cairn.cli.display;

import dev.cairn.run.event.RunListener;

/** Shows a run while it is active. Thread-safe. */
public interface RunDisplay extends RunListener, AutoCloseable {

    /** Prints a line that stays. */
    void say(String line);

    /** Leaves the last state on the screen. */
    @Override
    void close();
}
