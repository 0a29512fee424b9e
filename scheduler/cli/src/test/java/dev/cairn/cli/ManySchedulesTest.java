package dev.cairn.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.StreamSupport;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * 10,000 schedules: prints what they cost; with {@code -Dcairn.long=true} only. The ticks come evenly, each schedule's every ten minutes, and
 * all but one are skipped, so that it is the scheduling that is measured and not what is scheduled.
 */
@EnabledIfSystemProperty(named = "cairn.long", matches = "true")
final class ManySchedulesTest {
    private static final int FILES = 10;
    private static final int IN_EACH = Integer.getInteger("cairn.schedules", 10_000) / FILES;
    private static final Duration WATCHED = Duration.ofSeconds(60);

    @TempDir
    Path folder;

    @Test
    @Timeout(value = 30, unit = TimeUnit.MINUTES)
    void addsAndDecidesThem() throws Exception {
        List<String> add = new ArrayList<>(List.of("schedule", "add"));
        Random random = new Random(7);
        for (int file = 0; file < FILES; file++) {
            add.add("f" + file + ".yaml");
            write(file, random);
        }
        long begun = System.nanoTime();
        CairnProcess.Outcome added = cairn(add.toArray(String[]::new));
        assertThat(added.exitCode()).as(added.err()).isZero();
        double adding = seconds(begun);
        begun = System.nanoTime();
        cairn("schedule", "list");
        double listing = seconds(begun);
        begun = System.nanoTime();
        List<Long> late = new ArrayList<>();
        long memory;
        double starting;
        try (CairnProcess daemon = CairnProcess.startDaemon(folder, environment())) {
            Instant started = Instant.now();
            starting = seconds(begun);
            long until = System.nanoTime() + WATCHED.toNanos();
            Awaitility.await().atMost(WATCHED.multipliedBy(2)).until(() -> System.nanoTime() > until);
            memory = residentMegabytes(daemon.pid());
            for (int file = 0; file < FILES; file++) {
                late(file, started, late);
            }
            daemon.signal("TERM");
            daemon.await();
        }
        late.sort(null);
        System.out.printf(
                "%d schedules: added in %.1f s, listed in %.1f s; daemon at work after %.1f s, %d MB; %d ticks late by"
                        + " %d ms (median), %d ms (99 %%), %d ms (most)%n",
                FILES * IN_EACH,
                adding,
                listing,
                starting,
                memory,
                late.size(),
                late.get(late.size() / 2),
                late.get(late.size() * 99 / 100),
                late.get(late.size() - 1));
    }

    private void write(int file, Random random) throws IOException {
        StringBuilder text = new StringBuilder("name: f" + file + "\nschedule:\n");
        for (int i = 0; i < IN_EACH; i++) {
            text.append("  - {cron: \"%d %d/10 * * * ?\", missed: skip}\n"
                    .formatted(random.nextInt(60), random.nextInt(10)));
        }
        text.append("concurrency: {limit: 1, on_overlap: skip}\n"
                + "defaults: {checkpoint: {engine: none}}\nsteps: [{run: sleep 1000}]\n");
        Files.writeString(folder.resolve("f" + file + ".yaml"), text);
    }

    private void late(int file, Instant started, List<Long> late) throws Exception {
        JsonNode shown = JsonMapper.shared()
                .readTree(cairn("schedule", "show", "--json", "f" + file).out());
        StreamSupport.stream(shown.path("schedules").spliterator(), false)
                .flatMap(schedule -> StreamSupport.stream(schedule.path("ticks").spliterator(), false))
                .filter(tick -> tick.path("kind").asString().equals("on_time"))
                .filter(tick -> Instant.parse(tick.path("time").asString()).isAfter(started))
                .forEach(tick -> late.add(Duration.between(
                                Instant.parse(tick.path("time").asString()),
                                Instant.parse(tick.path("decided_at").asString()))
                        .toMillis()));
    }

    private static long residentMegabytes(long pid) throws IOException {
        return Files.readAllLines(Path.of("/proc/" + pid + "/status")).stream()
                .filter(line -> line.startsWith("VmRSS:"))
                .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) / 1024)
                .sum();
    }

    private static double seconds(long sinceNanos) {
        return (System.nanoTime() - sinceNanos) / 1e9;
    }

    private CairnProcess.Outcome cairn(String... arguments) throws Exception {
        return CairnProcess.run(folder, environment(), arguments);
    }

    private Map<String, String> environment() {
        return Map.of("XDG_STATE_HOME", folder.resolve("state").toString());
    }
}
