package dev.cairn.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cairn.daemon.Daemon;
import dev.cairn.daemon.DaemonSettings;
import dev.cairn.daemon.Runners;
import dev.cairn.engine.Checkpointer;
import dev.cairn.engine.supervised.SupervisedEngines;
import dev.cairn.metrics.Metrics;
import dev.cairn.run.StepRunner;
import dev.cairn.run.home.CairnHome;
import dev.cairn.run.retention.KeepRules;
import dev.cairn.schedule.Tick;
import dev.cairn.schedule.TickState;
import dev.cairn.schedule.store.Database;
import dev.cairn.schedule.store.StateFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A daemon that was killed, and one that is slow to find out what has become of the runs it left. */
final class TakeUpTest {
    @TempDir
    Path folder;

    @Test
    void nothingIsDecidedByARunThatMayHaveEndedWhileNobodyLooked() throws Exception {
        workflow("slow", "touch begun; while [ ! -e go ]; do sleep 0.05; done; touch over");
        workflow("quick", "true");
        try (CairnProcess killed = cairn("daemon", "--foreground")) {
            await(() -> Files.exists(folder.resolve("slow/begun")));
            killed.signal("KILL");
            killed.await();
        }
        String key = ticks("slow").stream()
                .filter(tick -> tick.state() == TickState.RUNNING)
                .map(Tick::key)
                .findFirst()
                .orElseThrow();
        Files.createFile(folder.resolve("slow/go"));
        await(() -> Files.exists(folder.resolve("slow/over")));
        Instant over = Instant.now();

        CountDownLatch slowness = new CountDownLatch(1);
        Daemon daemon = daemon(home -> {
            if (home.startsWith(folder.resolve("slow"))) {
                slowness.await();
            }
        });
        CompletableFuture<Void> end = run(daemon);
        await(() -> after("quick", over)
                        .filter(tick -> tick.state() != TickState.MISSED)
                        .count()
                > 3);
        assertThat(after("slow", over)).allMatch(tick -> tick.state() == TickState.MISSED);

        slowness.countDown();
        await(() -> after("slow", over).anyMatch(tick -> tick.state() == TickState.SUCCEEDED));
        daemon.stop();
        end.join();
        assertThat(after("slow", over)).noneMatch(tick -> tick.detail().contains(key));
    }

    private void workflow(String name, String script) throws Exception {
        Path file = Files.createDirectories(folder.resolve(name)).resolve("flow.yaml");
        Files.writeString(file, """
                name: %s
                schedule: {every: 1s, missed: skip}
                concurrency: {limit: 1, on_overlap: skip}
                defaults: {checkpoint: {engine: none}, rollback: none}
                steps: [{run: '%s'}]
                """.formatted(name, script));
        Files.createDirectories(folder.resolve(name).resolve(CairnHome.FOLDER));
        try (CairnProcess added = cairn("schedule", "add", file.toString())) {
            assertThat(added.await().exitCode()).as(added.err()).isZero();
        }
    }

    /** Waits until something lets it go on. */
    @FunctionalInterface
    private interface Slowness {
        void await(Path home) throws InterruptedException;
    }

    private Daemon daemon(Slowness slowness) throws Exception {
        Map<String, Checkpointer> engines =
                SupervisedEngines.all().stream().collect(Collectors.toMap(Checkpointer::name, Function.identity()));
        Runners runners = home -> {
            try {
                slowness.await(home);
            } catch (InterruptedException e) {
                throw new IOException(e);
            }
            return new StepRunner(CairnHome.at(home), engines);
        };
        return new Daemon(
                new DaemonSettings(
                        state(),
                        Optional.empty(),
                        Optional.empty(),
                        new KeepRules(Optional.empty(), OptionalInt.empty(), OptionalLong.empty(), run -> true)),
                runners,
                new Metrics(),
                Clock.systemUTC(),
                System.out::println);
    }

    private static CompletableFuture<Void> run(Daemon daemon) {
        return CompletableFuture.runAsync(() -> {
            try {
                daemon.run();
            } catch (Exception e) {
                throw new AssertionError(e);
            }
        });
    }

    private Stream<Tick> after(String workflow, Instant time) throws IOException {
        return ticks(workflow).stream().filter(tick -> tick.time().isAfter(time));
    }

    private List<Tick> ticks(String workflow) throws IOException {
        return Database.open(state(), Optional.empty()).read(tables -> tables.newestOf(workflow + ".1", 1000));
    }

    private StateFolder state() {
        return StateFolder.of(environment());
    }

    private Map<String, String> environment() {
        return Map.of("XDG_STATE_HOME", folder.resolve("state").toString());
    }

    private CairnProcess cairn(String... arguments) throws IOException {
        return CairnProcess.start(folder, environment(), Path.of("/dev/null"), arguments);
    }

    private static void await(Callable<Boolean> condition) {
        Awaitility.await()
                .atMost(Duration.ofMinutes(2))
                .pollInterval(Duration.ofMillis(100))
                .until(condition);
    }
}
