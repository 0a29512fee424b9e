package dev.cairn.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cairn.cli.CairnProcess.Outcome;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.StreamSupport;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Two daemons that share a PostgreSQL and a file system. {@code -Dcairn.seed} repeats one. */
@Timeout(value = 30, unit = TimeUnit.MINUTES)
final class ClusterTest {
    private static final boolean LONG = Boolean.getBoolean("cairn.long");

    @TempDir
    Path folder;

    private final long seed = Long.getLong("cairn.seed", System.nanoTime());
    private PostgresServer postgres;

    @BeforeEach
    void startServer() throws Exception {
        postgres = PostgresServer.start();
    }

    @AfterEach
    void stopServer() throws Exception {
        postgres.close();
    }

    @Test
    void aStepGoesOnFromItsImageUnderTheOtherDaemon() throws Exception {
        Files.writeString(folder.resolve("count.yaml"), """
                name: count
                schedule: {cron: "@yearly"}
                defaults: {checkpoint: {every: never}}
                steps:
                  - run: |
                      exec 3>> counted
                      for i in $(seq 1 80); do echo $i >&3; sleep 0.1; done
                """);
        Outcome added = cairn("schedule", "add", "count.yaml");
        assertThat(added.exitCode()).as(added.err()).isZero();
        try (CairnProcess a = start("a");
                CairnProcess b = start("b")) {
            assertThat(cairn("schedule", "trigger", "count").exitCode()).isZero();
            await(() -> Files.exists(folder.resolve("counted"))
                    && Files.readAllLines(folder.resolve("counted")).size() > 5);
            String key = ticks("count").get(0).path("key").asString();
            long owner = JsonMapper.shared()
                    .readTree(cairn("show", "--json", key).out())
                    .at("/run/owner/pid")
                    .asLong();
            CairnProcess has = a.pid() == owner ? a : b;
            has.signal("TERM");
            assertThat(has.await().exitCode()).as(has.err()).isZero();
            await(() -> ticks("count").get(0).path("state").asString().equals("succeeded"));
            JsonNode shown =
                    JsonMapper.shared().readTree(cairn("show", "--json", key).out());
            assertThat(shown.at("/steps/0/attempts/1/resumed_from").asInt(-1))
                    .as(shown.toPrettyString())
                    .isPositive();
            assertThat(Files.readAllLines(folder.resolve("counted")))
                    .isEqualTo(IntStream.rangeClosed(1, 80)
                            .mapToObj(Integer::toString)
                            .toList());
            (has == a ? b : a).signal("TERM");
        }
    }

    @Test
    void eachTickRunsOnceOnOneOfThemWhateverDies() throws Exception {
        System.out.println("ClusterTest: -Dcairn.seed=" + seed);
        Random random = new Random(seed);
        Files.writeString(folder.resolve("queue.yaml"), """
                name: queue
                inputs: {at: {required: true}}
                schedule: {every: 1s, missed: all, timezone: UTC, inputs: {at: "${{ schedule.time }}"}}
                concurrency: {limit: 1, on_overlap: queue}
                defaults: {checkpoint: {engine: none}, rollback: none}
                env: {AT: "${{ inputs.at }}"}
                steps:
                  - run: |
                      echo begin $AT >> ledger
                      sleep 0.7
                      echo end $AT >> ledger
                """);
        Outcome added = cairn("schedule", "add", "queue.yaml");
        assertThat(added.exitCode()).as(added.err()).isZero();
        CairnProcess[] daemons = {start("a"), start("b")};
        try {
            for (int round = 0; round < (LONG ? 40 : 2); round++) {
                int victim = random.nextInt(2);
                pass(1_000 + random.nextInt(2_000));
                if (round % 3 == 1) {
                    postgres.restart();
                } else {
                    daemons[victim].signal("KILL");
                    daemons[victim].await();
                    daemons[victim].close();
                    pass(random.nextInt(3_000));
                    daemons[victim] = start(victim == 0 ? "a" : "b");
                }
            }
            assertThat(cairn("schedule", "pause", "--drain", "queue").exitCode())
                    .isZero();
            Awaitility.await()
                    .atMost(Duration.ofMinutes(LONG ? 20 : 4))
                    .pollInterval(Duration.ofSeconds(1))
                    .until(() -> ticks("queue").stream()
                            .allMatch(tick -> tick.path("state").asString().equals("succeeded")));
        } finally {
            for (CairnProcess daemon : daemons) {
                daemon.signal("TERM");
                daemon.await();
                daemon.close();
            }
        }
        List<String> times = ticks("queue").stream()
                .map(tick -> tick.path("time").asString())
                .sorted(Comparator.comparing(Instant::parse))
                .toList();
        for (int i = 1; i < times.size(); i++) {
            assertThat(Instant.parse(times.get(i)))
                    .isEqualTo(Instant.parse(times.get(i - 1)).plusSeconds(1));
        }
        assertThat(Files.readAllLines(folder.resolve("ledger")))
                .isEqualTo(times.stream()
                        .flatMap(time -> List.of("begin " + time, "end " + time).stream())
                        .toList());
    }

    private List<JsonNode> ticks(String workflow) throws Exception {
        JsonNode shown = JsonMapper.shared()
                .readTree(cairn("schedule", "show", "--json", "-n", "100000", workflow)
                        .out());
        return StreamSupport.stream(shown.at("/schedules/0/ticks").spliterator(), false)
                .toList();
    }

    private static void pass(long millis) {
        long until = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
        Awaitility.await().atMost(Duration.ofMinutes(1)).until(() -> System.nanoTime() >= until);
    }

    private static void await(Callable<Boolean> condition) {
        Awaitility.await()
                .atMost(Duration.ofMinutes(2))
                .pollInterval(Duration.ofMillis(300))
                .until(condition);
    }

    private CairnProcess start(String name) throws IOException {
        return CairnProcess.startDaemon(folder, environment(name));
    }

    private Outcome cairn(String... arguments) throws Exception {
        return CairnProcess.run(folder, environment("cli"), arguments);
    }

    private Map<String, String> environment(String name) {
        return Map.of("XDG_STATE_HOME", folder.resolve(name).toString(), "CAIRN_STORE", postgres.url());
    }
}
