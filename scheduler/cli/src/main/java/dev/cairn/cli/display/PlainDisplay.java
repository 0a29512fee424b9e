package dev.cairn.cli.display;

import dev.cairn.engine.EndCause;
import dev.cairn.run.event.RunEvent;
import dev.cairn.run.manifest.RunState;
import dev.cairn.run.manifest.StepState;
import java.io.PrintStream;
import java.util.HashSet;
import java.util.Set;
import java.util.function.UnaryOperator;

/** Prints a line for each event that matters to people, for logs and pipes. Thread-safe. */
public final class PlainDisplay implements RunDisplay {
    private final PrintStream out;
    private final Colors paint;
    private final UnaryOperator<String> label;
    private final boolean verbose;
    private final Set<String> succeeded = new HashSet<>();

    /**
     * @param label the name of a step for people, by its id
     * @param verbose whether to print minor events, too
     */
    public PlainDisplay(PrintStream out, Colors paint, UnaryOperator<String> label, boolean verbose) {
        this.out = out;
        this.paint = paint;
        this.label = label;
        this.verbose = verbose;
    }

    @Override
    public synchronized void on(RunEvent event) {
        if (verbose || !goesWithoutSaying(event)) {
            EventText.of(event, label)
                    .ifPresent(words -> out.println(HumanText.time(event.at()) + "  " + paint.event(event, words)));
        }
    }

    /**
     * Whether an event is a minor one: a start image, the success of a step after that of its attempt, or the start of
     * the run.
     */
    private boolean goesWithoutSaying(RunEvent event) {
        if (event instanceof RunEvent.AttemptEnded ended && ended.cause() == EndCause.SUCCESS) {
            succeeded.add(ended.step());
        }
        return event instanceof RunEvent.ImagePublished published
                        && published.image().sequence() == 0
                || event instanceof RunEvent.StepChanged changed
                        && changed.state() == StepState.SUCCEEDED
                        && changed.message().isEmpty()
                        && succeeded.remove(changed.step())
                || event instanceof RunEvent.RunChanged run && run.state() == RunState.RUNNING;
    }

    @Override
    public synchronized void say(String line) {
        out.println(line);
    }

    @Override
    public void close() {}
}
