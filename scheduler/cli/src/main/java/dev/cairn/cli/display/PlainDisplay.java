package dev.cairn.cli.display;

import dev.cairn.run.event.RunEvent;
import java.io.PrintStream;

/** A line whenever something happens, for logs and pipes. Thread-safe: a print stream writes a line at a time. */
public final class PlainDisplay implements RunDisplay {
    private final PrintStream out;
    private final Colors paint;

    public PlainDisplay(PrintStream out, Colors paint) {
        this.out = out;
        this.paint = paint;
    }

    @Override
    public void on(RunEvent event) {
        EventText.of(event)
                .ifPresent(words -> out.println(HumanText.time(event.at()) + "  " + paint.event(event, words)));
    }

    @Override
    public void say(String line) {
        out.println(line);
    }

    @Override
    public void close() {}
}
