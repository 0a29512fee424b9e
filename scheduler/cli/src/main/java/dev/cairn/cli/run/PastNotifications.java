package dev.cairn.cli.run;

import dev.cairn.cli.shared.Runs;
import dev.cairn.engine.EngineException;
import dev.cairn.run.NotificationRetrier;
import dev.cairn.run.manifest.RunFolder;
import dev.cairn.run.notify.PendingNotifications;
import java.io.IOException;
import java.time.Duration;
import java.util.List;

/** Retries the pending notifications of earlier runs while a run is under way: one round, in a daemon thread. */
final class PastNotifications {
    private static final Duration FOR_EACH = Duration.ofSeconds(30);

    private final Runs runs;
    private final RunFolder current;
    private final SessionView view;

    private PastNotifications(Runs runs, RunFolder current, SessionView view) {
        this.runs = runs;
        this.current = current;
        this.view = view;
    }

    /** @param current the active run, whose session delivers its own notifications */
    static void begin(Runs runs, RunFolder current, SessionView view) throws IOException {
        List<String> pending = new PendingNotifications(runs.home().pendingNotifications()).ids();
        if (!pending.isEmpty() && !pending.equals(List.of(current.runId()))) {
            Thread thread = new Thread(new PastNotifications(runs, current, view)::round, "cairn-notifications");
            thread.setDaemon(true);
            thread.start();
        }
    }

    private void round() {
        try {
            NotificationRetrier retrier = runs.runner().pendingNotifications();
            for (RunFolder run : retrier.runs()) {
                if (!run.equals(current)) {
                    retrier.tell(run, FOR_EACH, text -> view.say("cairn: " + run.runId() + ": " + text));
                }
            }
        } catch (IOException | EngineException e) {
            view.say("cairn: cannot retry the notifications of earlier runs: " + e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
