package dev.cairn.daemon;

import dev.cairn.run.home.CairnHome;
import dev.cairn.run.manifest.RunManifest;
import dev.cairn.run.retention.Garbage;
import dev.cairn.run.retention.KeepRules;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Removes ended runs of schedules by the daemon's rules, in a thread of its own, one round at a time. Confined to the daemon's thread. */
final class Housekeeper {
    private static final Pattern KEY_OF_TICK = Pattern.compile("[A-Za-z0-9_-]+\\.\\d+@.*");

    private final KeepRules rules;
    private final Clock clock;
    private final Consumer<String> tell;
    private @Nullable Thread round;

    Housekeeper(KeepRules rules, Clock clock, Consumer<String> tell) {
        this.rules = rules.of(Housekeeper::isOfSchedule);
        this.clock = clock;
        this.tell = tell;
    }

    private static boolean isOfSchedule(RunManifest run) {
        return run.origin()
                .key()
                .filter(key -> KEY_OF_TICK.matcher(key).matches())
                .isPresent();
    }

    void begin(Collection<Path> homes) {
        if (!rules.areAny() || round != null && round.isAlive()) {
            return;
        }
        Set<Path> all = Set.copyOf(homes);
        Thread thread = new Thread(() -> clean(all), "housekeeper");
        thread.setDaemon(true);
        thread.start();
        round = thread;
    }

    private void clean(Set<Path> homes) {
        for (Path home : homes) {
            try {
                List<Garbage.Item> removed = new Garbage(CairnHome.at(home), clock, rules).collect(false);
                removed.forEach(item -> tell.accept("removed " + item.path() + ": " + item.why()));
            } catch (IOException e) {
                tell.accept(home + ": could not be cleaned: " + e.getMessage());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            }
        }
    }
}
