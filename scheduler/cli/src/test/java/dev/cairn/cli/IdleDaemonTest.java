package dev.cairn.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A daemon with nothing to do sleeps. A polling daemon, even once a second, has no window as quiet as the one awaited. */
final class IdleDaemonTest {
    private static final Duration WINDOW = Duration.ofSeconds(4);
    private static final int WAKE_UPS = 3;

    /** Threads of the virtual machine itself, by what the kernel keeps of their names. */
    private static final Pattern OF_THE_MACHINE = Pattern.compile(
            "VM .*|GC .*|G1 .*|C1 .*|C2 .*|Sweeper.*|Service Thread|Signal Dispatch|Common-Cleaner|Monitor Deflati"
                    + "|Notification T|Reference Handl|Finalizer|Attach Listener");

    @TempDir
    Path folder;

    @Test
    void sleepsWhileNothingIsDue() throws Exception {
        Files.writeString(folder.resolve("flow.yaml"), """
                name: w
                schedule: [{cron: "0 0 29 2 *"}, {cron: "0 1 29 2 *"}, {every: 9000h}]
                steps: [{run: 'true'}]
                """);
        Map<String, String> environment =
                Map.of("XDG_STATE_HOME", folder.resolve("state").toString());
        CairnProcess.Outcome added = CairnProcess.run(folder, environment, "schedule", "add", "flow.yaml");
        assertThat(added.exitCode()).as(added.err()).isZero();
        try (CairnProcess daemon = CairnProcess.startDaemon(folder, environment)) {
            Map<String, Long> before = new HashMap<>(wakeUps(daemon.pid()));
            Awaitility.await()
                    .alias("a window of " + WINDOW + " with no more than " + WAKE_UPS + " wake-ups")
                    .pollDelay(WINDOW)
                    .pollInterval(WINDOW)
                    .atMost(Duration.ofSeconds(60))
                    .untilAsserted(() -> {
                        Map<String, Long> now = wakeUps(daemon.pid());
                        Map<String, Long> woken = since(before, now);
                        before.clear();
                        before.putAll(now);
                        assertThat(woken.values().stream()
                                        .mapToLong(Long::longValue)
                                        .sum())
                                .as("wake-ups by thread: " + woken)
                                .isLessThanOrEqualTo(WAKE_UPS);
                    });
            daemon.signal("TERM");
            assertThat(daemon.await().exitCode()).isZero();
        }
    }

    private static Map<String, Long> since(Map<String, Long> before, Map<String, Long> now) {
        return now.entrySet().stream()
                .collect(Collectors.toMap(
                        Map.Entry::getKey,
                        entry -> entry.getValue() - before.getOrDefault(entry.getKey(), 0L),
                        Long::sum,
                        TreeMap::new));
    }

    /** How often each thread has slept and been woken, by its number and name. */
    private static Map<String, Long> wakeUps(long pid) throws IOException {
        Map<String, Long> counts = new HashMap<>();
        try (DirectoryStream<Path> threads = Files.newDirectoryStream(Path.of("/proc/" + pid + "/task"))) {
            for (Path thread : threads) {
                try {
                    String name = Files.readString(thread.resolve("comm")).strip();
                    if (!OF_THE_MACHINE.matcher(name).matches()) {
                        counts.put(thread.getFileName() + " " + name, voluntarySwitches(thread));
                    }
                } catch (NoSuchFileException ended) {
                    // it wakes no more
                }
            }
        }
        return counts;
    }

    private static long voluntarySwitches(Path thread) throws IOException {
        return Files.readAllLines(thread.resolve("status")).stream()
                .filter(line -> line.startsWith("voluntary_ctxt_switches:"))
                .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
                .sum();
    }
}
