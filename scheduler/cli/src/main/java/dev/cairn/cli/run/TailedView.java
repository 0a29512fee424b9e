package dev.cairn.cli.run;

import dev.cairn.cli.display.EventText;
import dev.cairn.cli.shared.Console;
import dev.cairn.cli.terminal.LogFollower;
import dev.cairn.cli.terminal.ShownMark;
import dev.cairn.files.FolderWatch;
import dev.cairn.run.RunSession;
import dev.cairn.run.event.RunEvent;
import dev.cairn.run.manifest.RunManifest;
import dev.cairn.run.manifest.StepFolder;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.ClosedByInterruptException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * A command's logs, copied to stdout and stderr as they grow. Output that an earlier session has shown is not shown again, unless the
 * output file has lost it.
 */
final class TailedView implements SessionView {
    /** How often to look if the kernel reports what the step writes. */
    private static final int RARELY_MS = 2_000;
    /** A command that ends sooner is not worth a watch. */
    private static final int UNWATCHED_LOOKS = 20;

    private final Console console;
    private final LogFollower out;
    private final LogFollower err;
    private final Path markFile;
    private final ScheduledExecutorService timer;
    private final int lookEvery;
    private final AtomicBoolean isDue = new AtomicBoolean();
    private final Path stepFolder;
    private int looks;
    private volatile Optional<FolderWatch> watch = Optional.empty();

    /**
     * @param shownOn where stdout is copied to
     * @param lookEvery milliseconds between looks at the logs
     */
    TailedView(RunSession session, RunManifest run, Console console, OutputStream shownOn, int lookEvery)
            throws IOException {
        this.console = console;
        StepFolder step = run.folder().step(session.plan().steps().get(0).id());
        Path folder = run.folder().path();
        this.out = new LogFollower(step.stdout(), shownOn, folder.resolve("shown.stdout"));
        this.err = new LogFollower(step.stderr(), console.err(), folder.resolve("shown.stderr"));
        this.markFile = folder.resolve("shown");
        Optional<ShownMark> mark = ShownMark.read(markFile);
        if (mark.isPresent()) {
            out.skipTo(mark.get().out().next(Console.stdoutLengthAtStart()));
            err.skipTo(mark.get().err().next(Console.stderrLengthAtStart()));
        }
        this.timer = Executors.newSingleThreadScheduledExecutor(task -> {
            Thread thread = new Thread(task, "logs");
            thread.setDaemon(true);
            return thread;
        });
        this.lookEvery = lookEvery;
        this.stepFolder = step.path();
        in(lookEvery, this::lookOn);
    }

    /** Copies until it is closed. Looks soon only when something changes in the step's folder. */
    private void lookOn() {
        if (watch.isEmpty() && ++looks > UNWATCHED_LOOKS) {
            watch = FolderWatch.of(stepFolder, this::lookSoon);
        }
        tryTo(this::poll);
        in(watch.isPresent() ? RARELY_MS : lookEvery, this::lookOn);
    }

    /** Output that comes meanwhile is shown together. */
    private void lookSoon() {
        if (isDue.compareAndSet(false, true)) {
            in(lookEvery, () -> {
                isDue.set(false);
                tryTo(this::poll);
            });
        }
    }

    private void in(int millis, Runnable look) {
        try {
            timer.schedule(look, millis, TimeUnit.MILLISECONDS);
        } catch (RejectedExecutionException closing) {
            // close() shows the rest
        }
    }

    private interface Showing {
        void run() throws IOException;
    }

    private void tryTo(Showing showing) {
        try {
            showing.run();
        } catch (ClosedByInterruptException closing) {
            // close() shows the rest
        } catch (IOException e) {
            console.say(
                    "cairn: the command's output cannot be shown: " + e.getMessage() + "; the command keeps running");
            timer.shutdown();
        }
    }

    /** Restores the terminal's modes after the command was restarted. */
    synchronized void rejoin() throws IOException {
        out.rejoin();
    }

    private synchronized void poll() throws IOException {
        boolean shown = out.poll();
        shown |= err.poll();
        if (shown) {
            new ShownMark(
                            ShownMark.Shown.in(Console.stdoutLength(), out.position()),
                            ShownMark.Shown.in(Console.stderrLength(), err.position()))
                    .write(markFile);
        }
    }

    private synchronized void finish() throws IOException {
        out.finish();
        err.finish();
    }

    /** The next attempt may cut off what was shown. */
    private synchronized void keep() throws IOException {
        poll();
        out.keep();
        err.keep();
    }

    @Override
    public void on(RunEvent event) {
        if (event instanceof RunEvent.AttemptEnded) {
            tryTo(this::keep);
        }
        EventText.besideOutput(event).ifPresent(words -> say("cairn: " + words));
    }

    @Override
    public void say(String line) {
        console.say(line);
    }

    @Override
    public void close() throws IOException {
        timer.shutdownNow();
        watch.ifPresent(FolderWatch::close);
        poll();
        finish();
    }
}
