package dev.cairn.cli.run;

import dev.cairn.run.event.RunListener;
import java.io.IOException;

/** The display of a run in the foreground. Thread-safe. */
interface SessionView extends RunListener, AutoCloseable {

    /** A line of talk. */
    void say(String line);

    /** Shows the remaining output, and restores the terminal. */
    @Override
    void close() throws IOException;
}
