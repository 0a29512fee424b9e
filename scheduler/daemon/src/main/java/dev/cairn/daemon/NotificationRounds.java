package dev.cairn.daemon;

import dev.cairn.metrics.Metrics;
import dev.cairn.run.NotificationRetrier;
import dev.cairn.run.manifest.RunFolder;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collection;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Retries undelivered notifications, in a thread of its own, one round at a time. Confined to the daemon's thread. */
final class NotificationRounds {
    private static final Duration FOR_EACH = Duration.ofSeconds(10);

    private final Runners runners;
    private final Metrics metrics;
    private final Consumer<String> tell;
    private @Nullable Thread round;
    private volatile boolean pending;

    NotificationRounds(Runners runners, Metrics metrics, Consumer<String> tell) {
        this.runners = runners;
        this.metrics = metrics;
        this.tell = tell;
    }

    /** Whether the last round left notifications that may still be delivered. */
    boolean arePending() {
        return pending;
    }

    void begin(Collection<Path> homes) {
        if (round != null && round.isAlive()) {
            return;
        }
        Set<Path> all = Set.copyOf(homes);
        Thread thread = new Thread(() -> go(all), "messenger");
        thread.setDaemon(true);
        thread.start();
        round = thread;
    }

    private void go(Set<Path> homes) {
        int left = 0;
        for (Path home : homes) {
            left += go(home);
        }
        pending = left > 0;
        metrics.undelivered(left);
    }

    /** @return how many runs have undelivered notifications */
    private int go(Path home) {
        try {
            NotificationRetrier retrier = runners.of(home).pendingNotifications();
            for (RunFolder run : retrier.runs()) {
                retrier.tell(run, FOR_EACH, text -> tell.accept(run.runId() + ": " + text));
            }
            return retrier.runs().size();
        } catch (IOException e) {
            tell.accept(home + ": cannot retry undelivered notifications: " + e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return 0;
    }
}
