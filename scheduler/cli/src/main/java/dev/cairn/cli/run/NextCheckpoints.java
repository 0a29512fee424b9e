package dev.cairn.cli.run;

import dev.cairn.cli.display.LiveDisplay;
import dev.cairn.engine.EngineException;
import dev.cairn.run.RunSession;
import dev.cairn.run.control.RunningStep;
import java.time.Clock;
import java.time.Duration;
import java.util.Optional;

/** Asks running steps when their next checkpoint is due, in a separate daemon thread. */
final class NextCheckpoints {
    private static final int ASK_EVERY_MILLIS = 1000;

    private final LiveDisplay display;
    private final RunSession session;
    private final Clock clock;

    NextCheckpoints(LiveDisplay display, RunSession session, Clock clock) {
        this.display = display;
        this.session = session;
        this.clock = clock;
    }

    void begin() {
        Thread thread = new Thread(this::askForEver, "next-checkpoints");
        thread.setDaemon(true);
        thread.start();
    }

    private void askForEver() {
        try {
            while (true) {
                for (String step : display.running()) {
                    Optional<RunningStep> running = session.runningStep(step);
                    if (running.isPresent()) {
                        ask(step, running.get());
                    }
                }
                Thread.sleep(ASK_EVERY_MILLIS);
            }
        } catch (InterruptedException ended) {
            Thread.currentThread().interrupt();
        }
    }

    private void ask(String step, RunningStep running) throws InterruptedException {
        try {
            Optional<Duration> next = running.status().nextCheckpoint();
            next.ifPresent(in -> display.nextCheckpoint(step, clock.instant().plus(in)));
        } catch (EngineException ended) {
            // it has ended meanwhile; an event reports the end
        }
    }
}
