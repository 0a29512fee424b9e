package dev.cairn.cli;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.StreamSupport;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Steps that take longer than the interval of their schedule, under each {@code on_overlap}, while the daemon is killed with {@code kill
 * -9}
 * again and again. What the steps themselves have written down must be what the policy says, tick by tick. {@code -Dcairn.long=true} makes
 * it several hundred ticks; {@code -Dcairn.seed} repeats one.
 */
final class LedgerTest {
    private static final boolean LONG = Boolean.getBoolean("cairn.long");
    private static final int KILLS = LONG ? 60 : 3;

    @TempDir
    Path folder;

    private final long seed = Long.getLong("cairn.seed", System.nanoTime());
    private final Random random = new Random(seed);

    @Test
    @Timeout(value = 40, unit = TimeUnit.MINUTES)
    void everyTickIsAsThePolicySaysWhateverDies() throws Exception {
        System.out.println("LedgerTest: -Dcairn.seed=" + seed);
        overlapping("queue", "all", "1s");
        overlapping("skip", "skip", "1s");
        overlapping("cancel", "last", "1s");
        counting();
        var added = cairn("schedule", "add", "queue.yaml", "skip.yaml", "cancel.yaml", "checkpoint.yaml");
        assertThat(added.exitCode()).as(added.err()).isZero();
        killAgainAndAgain();
        try (CairnProcess daemon = CairnProcess.startDaemon(folder, environment())) {
            for (String workflow : List.of("queue", "skip", "cancel")) {
                assertThat(cairn("schedule", "pause", "--drain", workflow).exitCode())
                        .isZero();
            }
            Awaitility.await()
                    .atMost(Duration.ofMinutes(LONG ? 20 : 2))
                    .pollInterval(Duration.ofSeconds(1))
                    .untilAsserted(
                            () -> assertThat(leftOf("queue", "skip", "cancel")).isEmpty());
            assertThat(cairn("schedule", "pause", "checkpoint").exitCode()).isZero();
            assertThat(cairn("daemon", "stop").exitCode()).isZero();
            assertThat(daemon.await().exitCode()).isZero();
        }
        checkQueue(ticks("queue"), ledger("queue"));
        checkSkip(ticks("skip"), ledger("skip"));
        checkCancel(ticks("cancel"), ledger("cancel"));
        checkCheckpoint(ticks("checkpoint"));
    }

    private void killAgainAndAgain() throws Exception {
        for (int kill = 0; kill < KILLS; kill++) {
            try (CairnProcess daemon = CairnProcess.startDaemon(folder, environment())) {
                pass(random.nextInt(LONG ? 8_000 : 3_000));
                daemon.signal("KILL");
                daemon.await();
            }
            pass(random.nextInt(LONG ? 4_000 : 2_000));
        }
    }

    /** Time that the schedules go by: what is tested here is what happens in it. */
    private static void pass(long millis) {
        long until = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
        Awaitility.await().atMost(Duration.ofMinutes(1)).until(() -> System.nanoTime() >= until);
    }

    // ---- what is scheduled

    private void overlapping(String policy, String missed, String every) throws IOException {
        Files.writeString(folder.resolve(policy + ".yaml"), """
                name: %1$s
                inputs: {at: {required: true}}
                schedule: {every: %3$s, missed: %2$s, timezone: UTC, inputs: {at: "${{ schedule.time }}"}}
                concurrency: {limit: 1, on_overlap: %1$s}
                defaults: {checkpoint: {engine: none}, rollback: none}
                env: {AT: "${{ inputs.at }}"}
                steps:
                  - id: work
                    run: |
                      note() { echo "$1 $AT ${EPOCHREALTIME//[!0-9]/}" >> %1$s.ledger; }
                      trap 'note term; exit 9' TERM
                      note begin
                      for i in 1 2 3 4 5 6; do sleep 0.2; done
                      note end
                """.formatted(policy, missed, every));
    }

    private void counting() throws IOException {
        Files.writeString(folder.resolve("checkpoint.yaml"), """
                name: checkpoint
                inputs: {at: {required: true}}
                schedule: {every: 2s, missed: skip, timezone: UTC, inputs: {at: "${{ schedule.time }}"}}
                concurrency: {limit: 1, on_overlap: checkpoint}
                defaults: {checkpoint: {every: never}}
                env: {AT: "${{ inputs.at }}"}
                steps:
                  - id: work
                    run: |
                      exec 3>> "count-$AT"
                      for i in $(seq 1 40); do echo $i >&3; sleep 0.1; done
                """);
    }

    // ---- what must have happened

    private record Line(String what, String at, long millis) {}

    private record Tick(String at, String key, String state, String detail) {}

    /** Every tick has run once, one after the other, in order. */
    private static void checkQueue(List<Tick> ticks, List<Line> ledger) {
        assertThat(ticks).isNotEmpty().allMatch(tick -> tick.state().equals("succeeded"));
        List<String> expected = ticks.stream()
                .flatMap(tick -> List.of("begin " + tick.at(), "end " + tick.at()).stream())
                .toList();
        assertThat(texts(ledger)).as("queue").isEqualTo(expected);
    }

    /** What ran, ran once and alone; what was skipped came while another ran; what was missed came while nothing did. */
    private static void checkSkip(List<Tick> ticks, List<Line> ledger) {
        checkThatOneRanAtATime("skip", ledger);
        Map<String, List<Line>> byTick = byTick(ledger);
        Map<String, Tick> byKey = ticks.stream().collect(Collectors.toMap(Tick::key, tick -> tick));
        for (Tick tick : ticks) {
            List<String> did = byTick.getOrDefault(tick.at(), List.of()).stream()
                    .map(Line::what)
                    .toList();
            switch (tick.state()) {
                case "succeeded" -> assertThat(did).as("%s", tick).containsExactly("begin", "end");
                case "missed" -> assertThat(did).as("%s", tick).isEmpty();
                case "skipped" -> {
                    assertThat(did).as("%s", tick).isEmpty();
                    String other = tick.detail().replaceAll("while (\\S+) runs", "$1");
                    assertThat(byKey).as("%s", tick).containsKey(other);
                    Line end = requireNonNull(
                                    byTick.get(requireNonNull(byKey.get(other)).at()))
                            .get(1);
                    assertThat(end.millis())
                            .as("%s ended after the tick came, or just before", other)
                            .isGreaterThan(Instant.parse(tick.at()).toEpochMilli() - 1_000);
                }
                default -> throw new AssertionError(tick);
            }
        }
    }

    /** Each was cancelled by one that came later, unless it came to its end before; it may say so while the cancel is on its way. */
    private static void checkCancel(List<Tick> ticks, List<Line> ledger) {
        checkThatOneRanAtATime("cancel", ledger);
        Map<String, List<Line>> byTick = byTick(ledger);
        List<Tick> wanted =
                ticks.stream().filter(tick -> !tick.state().equals("missed")).toList();
        for (int i = 0; i < wanted.size(); i++) {
            Tick tick = wanted.get(i);
            List<String> did = byTick.getOrDefault(tick.at(), List.of()).stream()
                    .map(Line::what)
                    .toList();
            if (tick.state().equals("succeeded")) {
                assertThat(did).as("%s", tick).containsExactly("begin", "end");
            } else {
                assertThat(tick.state()).as("%s", tick).isEqualTo("cancelled");
                assertThat(tick.detail()).as("%s", tick).startsWith("in the way of cancel.1@");
                assertThat(tick.detail().compareTo("in the way of " + tick.key()))
                        .isPositive();
                String cancelledAt = tick.detail().replaceAll(".*@", "");
                assertThat(byTick.getOrDefault(tick.at(), List.of()))
                        .as("%s", tick)
                        .hasSizeLessThanOrEqualTo(2)
                        .noneMatch(line -> line.what().equals("end")
                                && line.millis() < Instant.parse(cancelledAt).toEpochMilli());
            }
        }
        assertThat(ledger).as("cancel").anyMatch(line -> line.what().equals("term"));
        assertThat(wanted.get(wanted.size() - 1).state()).isEqualTo("succeeded");
    }

    /**
     * Every second tick stops the active run, the next tick resumes it, and no second run starts before it has ended.
     * What a run counted has no gap and nothing twice: it was resumed from its image.
     */
    private void checkCheckpoint(List<Tick> ticks) throws IOException {
        String running = "";
        boolean stopped = false;
        for (Tick tick : ticks) {
            switch (tick.state()) {
                case "missed" -> {}
                case "succeeded", "parked", "running", "parking" -> {
                    assertThat(stopped)
                            .as("%s starts while %s is stopped", tick, running)
                            .isFalse();
                    running = tick.key();
                    checkCount(tick);
                }
                case "checkpointed" -> {
                    assertThat(stopped).as("%s", tick).isFalse();
                    assertThat(tick.detail()).isIn("stopped " + running, running + " ended before it was stopped");
                    stopped = tick.detail().startsWith("stopped ");
                }
                case "continued" -> {
                    assertThat(tick.detail()).isEqualTo("went on with " + running);
                    assertThat(stopped).as("%s", tick).isTrue();
                    stopped = false;
                }
                default -> throw new AssertionError(tick);
            }
        }
        assertThat(ticks).anyMatch(tick -> tick.state().equals("continued"));
    }

    private void checkCount(Tick tick) throws IOException {
        Path file = folder.resolve("count-" + tick.at());
        List<String> counted = Files.exists(file) ? Files.readAllLines(file) : List.of();
        int upTo = tick.state().equals("succeeded") ? 40 : counted.size();
        assertThat(counted)
                .as("%s", tick)
                .isEqualTo(IntStream.rangeClosed(1, upTo)
                        .mapToObj(Integer::toString)
                        .toList());
    }

    private static void checkThatOneRanAtATime(String policy, List<Line> ledger) {
        String running = "";
        for (Line line : ledger) {
            if (line.what().equals("begin")) {
                assertThat(running).as("%s: at %s", policy, line).isEmpty();
                running = line.at();
            } else {
                assertThat(running).as("%s: at %s", policy, line).isEqualTo(line.at());
                running = "";
            }
        }
    }

    private static Map<String, List<Line>> byTick(List<Line> ledger) {
        Map<String, List<Line>> lines = new HashMap<>();
        ledger.forEach(line ->
                lines.computeIfAbsent(line.at(), at -> new ArrayList<>()).add(line));
        return lines;
    }

    private static List<String> texts(List<Line> ledger) {
        return ledger.stream().map(line -> line.what() + " " + line.at()).toList();
    }

    // ---- what is there

    private List<Line> ledger(String policy) throws IOException {
        return Files.readAllLines(folder.resolve(policy + ".ledger")).stream()
                .map(line -> line.split(" "))
                .map(parts -> new Line(parts[0], parts[1], Long.parseLong(parts[2]) / 1000))
                .toList();
    }

    /** In order; that no time between the first and the last is left out is checked on the way. */
    private List<Tick> ticks(String workflow) throws Exception {
        JsonNode shown = JsonMapper.shared()
                .readTree(cairn("schedule", "show", "--json", "-n", "100000", workflow)
                        .out());
        List<Tick> ticks = StreamSupport.stream(shown.at("/schedules/0/ticks").spliterator(), false)
                .map(tick -> new Tick(
                        tick.path("time").asString(),
                        tick.path("key").asString(),
                        tick.path("state").asString(),
                        tick.path("detail").asString("")))
                .sorted(Comparator.comparing(Tick::at))
                .toList();
        Duration every = Duration.ofSeconds(workflow.equals("checkpoint") ? 2 : 1);
        for (int i = 1; i < ticks.size(); i++) {
            assertThat(Instant.parse(ticks.get(i).at()))
                    .as("%s: the tick after %s", workflow, ticks.get(i - 1))
                    .isEqualTo(Instant.parse(ticks.get(i - 1).at()).plus(every));
        }
        return ticks;
    }

    private List<Tick> leftOf(String... workflows) throws Exception {
        List<Tick> left = new ArrayList<>();
        for (String workflow : workflows) {
            ticks(workflow).stream()
                    .filter(tick -> List.of("queued", "running", "cancelling", "waiting")
                            .contains(tick.state()))
                    .forEach(left::add);
        }
        return left;
    }

    private CairnProcess.Outcome cairn(String... arguments) throws Exception {
        return CairnProcess.run(folder, environment(), arguments);
    }

    private Map<String, String> environment() {
        return Map.of("XDG_STATE_HOME", folder.resolve("state").toString());
    }
}
