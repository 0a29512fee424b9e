package dev.cairn.cli.run;

import dev.cairn.run.event.RunListener;
import java.io.IOException;

/** What the person sees of a run in the foreground. Thread-safe. */
interface SessionView extends RunListener, AutoCloseable {

    /** A line of talk. */
    void say(String line);

    /** Shows what is left to be shown, and gives the terminal back. */
    @Override
    void close() throws IOException;
}
