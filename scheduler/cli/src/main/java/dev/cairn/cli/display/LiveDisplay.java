package dev.cairn.cli.display;

import dev.cairn.cli.terminal.LocalTerminal.Size;
import dev.cairn.run.event.RunEvent;
import dev.cairn.run.manifest.StepState;
import java.io.PrintStream;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;

/** A block of lines, one for each step, redrawn in place on a terminal. Thread-safe. */
public final class LiveDisplay implements RunDisplay {
    private static final int REDRAW_MILLIS = 500;
    private static final int ROOM_FOR_TALK = 4;

    private final PrintStream out;
    private final Clock clock;
    private final Supplier<Size> screen;
    private final RunView view;
    private final UnaryOperator<String> label;
    private final ScheduledExecutorService timer;
    private int drawn;
    private boolean closed;

    /**
     * @param screen the terminal's size, read at each redraw
     * @param label the name of a step for people, by its id
     */
    public LiveDisplay(
            PrintStream out,
            Clock clock,
            Supplier<Size> screen,
            Colors paint,
            Map<String, StepState> planned,
            UnaryOperator<String> label) {
        this.out = out;
        this.clock = clock;
        this.screen = screen;
        this.label = label;
        this.view = new RunView(planned, paint, label);
        this.timer = Executors.newSingleThreadScheduledExecutor(task -> {
            Thread thread = new Thread(task, "display");
            thread.setDaemon(true);
            return thread;
        });
        timer.scheduleWithFixedDelay(this::redraw, 0, REDRAW_MILLIS, TimeUnit.MILLISECONDS);
    }

    @Override
    public synchronized void on(RunEvent event) {
        view.take(event);
        if (event instanceof RunEvent.Note || event instanceof RunEvent.CheckpointFailed) {
            EventText.of(event, label).ifPresent(this::say);
        }
    }

    /** The steps that run now. */
    public synchronized List<String> running() {
        return view.running();
    }

    /** When a step's next checkpoint is due. */
    public synchronized void nextCheckpoint(String step, Instant at) {
        view.nextCheckpoint(step, at);
    }

    @Override
    public synchronized void say(String line) {
        StringBuilder text = new StringBuilder();
        erase(text);
        text.append(line).append('\n');
        if (!closed) {
            draw(text);
        }
        out.print(text);
        out.flush();
    }

    private synchronized void redraw() {
        if (!closed) {
            StringBuilder text = new StringBuilder();
            erase(text);
            draw(text);
            out.print(text);
            out.flush();
        }
    }

    private void erase(StringBuilder text) {
        if (drawn > 0) {
            text.append("\033[").append(drawn).append("A\r\033[J");
        }
        drawn = 0;
    }

    private void draw(StringBuilder text) {
        Size size = screen.get();
        int height = Math.max(2, size.rows() - ROOM_FOR_TALK);
        List<String> lines = view.lines(clock.instant(), height, size.columns() - 1);
        lines.forEach(line -> text.append(line).append('\n'));
        drawn = lines.size();
    }

    @Override
    public synchronized void close() {
        if (!closed) {
            redraw();
            closed = true;
            drawn = 0;
            timer.shutdownNow();
        }
    }
}
