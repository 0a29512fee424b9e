package dev.cairn.cli.display;

import dev.cairn.run.event.RunEvent;
import java.io.PrintStream;

/** A line whenever something happens, for logs and pipes. Thread-safe: a print stream writes a line at a time. */
public final class PlainDisplay implements RunDisplay {
    private final PrintStream out;

    public PlainDisplay(PrintStream out) {
        this.out = out;
    }

    @Override
    public void on(RunEvent event) {
        EventWords.of(event).ifPresent(words -> out.println(Words.time(event.at()) + "  " + words));
    }

    @Override
    public void say(String line) {
        out.println(line);
    }

    @Override
    public void close() {}
}
