package dev.cairn.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cairn.cli.CairnProcess.Outcome;
import dev.cairn.cli.shared.ExitCode;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import mockwebserver3.Dispatcher;
import mockwebserver3.MockResponse;
import mockwebserver3.MockWebServer;
import mockwebserver3.RecordedRequest;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The daemon as a process of its own; what it does tick by tick under kills is {@link LedgerTest}'s. */
final class DaemonTest {

    @TempDir
    Path folder;

    private final MockWebServer receiver = new MockWebServer();

    @AfterEach
    void stopWhatIsLeft() throws Exception {
        cairn("daemon", "stop");
        receiver.close();
    }

    @Test
    void worksInTheBackgroundUntilItIsStopped() throws Exception {
        assertThat(cairn("daemon", "status").exitCode()).isEqualTo(ExitCode.UNAVAILABLE);
        Outcome started = cairn("daemon");
        assertThat(started.exitCode()).as(started.err()).isZero();
        assertThat(started.err()).contains("the daemon is at work: pid");
        Outcome status = cairn("daemon", "status");
        assertThat(status.exitCode()).isZero();
        assertThat(status.out()).startsWith("at work: pid ");
        assertThat(cairn("daemon").err()).contains("a daemon runs already: pid");
        Outcome second = cairn("daemon", "--foreground");
        assertThat(second.exitCode()).isEqualTo(ExitCode.UNAVAILABLE);
        assertThat(second.err()).contains("another daemon (pid ").contains("'cairn daemon stop' ends it");
        assertThat(cairn("daemon", "stop").exitCode()).isZero();
        assertThat(cairn("daemon", "status").exitCode()).isEqualTo(ExitCode.UNAVAILABLE);
        assertThat(Files.readString(state("daemon.log"))).contains("at work").endsWith("stopped\n");
    }

    @Test
    void aStopCheckpointsWhatRunsAndTheNextStartGoesOn() throws Exception {
        Files.writeString(folder.resolve("flow.yaml"), """
                name: count
                schedule: {cron: "@yearly"}
                defaults: {checkpoint: {every: never}}
                steps:
                  - run: |
                      exec 3>> counted
                      for i in $(seq 1 60); do echo $i >&3; sleep 0.1; done
                """);
        cairn("schedule", "add", "flow.yaml");
        try (CairnProcess daemon = CairnProcess.startDaemon(folder, environment())) {
            assertThat(cairn("schedule", "trigger", "count").exitCode()).isZero();
            await(() -> Files.exists(folder.resolve("counted")) && lines().size() > 10);
            daemon.signal("TERM");
            assertThat(daemon.await().exitCode()).as(daemon.err()).isZero();
        }
        int before = lines().size();
        assertThat(before).isLessThan(60);
        assertThat(tick("count").path("state").asString()).isEqualTo("running");
        try (CairnProcess daemon = CairnProcess.startDaemon(folder, environment())) {
            await(() -> tick("count").path("state").asString().equals("succeeded"));
            daemon.signal("TERM");
            daemon.await();
        }
        assertThat(lines())
                .isEqualTo(
                        IntStream.rangeClosed(1, 60).mapToObj(Integer::toString).toList());
        JsonNode shown = JsonMapper.shared()
                .readTree(cairn("show", "--json", tick("count").path("key").asString())
                        .out());
        assertThat(shown.at("/steps/0/attempts/1/resumed_from").asInt(-1))
                .as(shown.toPrettyString())
                .isPositive();
    }

    @Test
    void aChangedFileIsTakenUpOnlyWhenItIsValidAndARunKeepsWhatItBeganWith() throws Exception {
        flow("old", 0);
        cairn("schedule", "add", "flow.yaml");
        try (CairnProcess daemon = CairnProcess.startDaemon(folder, environment())) {
            cairn("schedule", "trigger", "w");
            await(() -> Files.exists(folder.resolve("begun")));
            Files.writeString(folder.resolve("flow.yaml"), "name: w\nschedule: {cron: '0 0 30 2 *'}\nsteps: []\n");
            daemon.awaitErr("the changed file was not loaded");
            assertThat(cairn("schedule", "list").err()).contains("never comes");
            flow("new", 5);
            daemon.awaitErr("loaded the changed file");
            Files.createFile(folder.resolve("go"));
            await(() -> Files.exists(folder.resolve("said")));
            assertThat(Files.readString(folder.resolve("said"))).isEqualTo("old\n");
            await(() -> tick("w").path("state").asString().equals("succeeded"));
            cairn("schedule", "trigger", "w");
            await(() -> Files.readString(folder.resolve("said")).equals("old\nnew\n"));
            JsonNode schedule = JsonMapper.shared()
                    .readTree(cairn("schedule", "list", "--json").out());
            assertThat(schedule.at("/schedules/0/timing").asString()).isEqualTo("5 0 1 1 *");
        }
    }

    @Test
    void aChangeInAFileThatTheWorkflowUsesIsTakenUp() throws Exception {
        Path part = Files.createDirectory(folder.resolve("parts")).resolve("part.yaml");
        Files.writeString(part, "steps: [{run: echo one > said}]\n");
        Files.writeString(folder.resolve("flow.yaml"), """
                name: w
                schedule: {cron: "@yearly"}
                steps: [{uses: parts/part.yaml}]
                """);
        cairn("schedule", "add", "flow.yaml");
        try (CairnProcess daemon = CairnProcess.startDaemon(folder, environment())) {
            cairn("schedule", "trigger", "w");
            await(() -> Files.exists(folder.resolve("said"))
                    && Files.readString(folder.resolve("said")).equals("one\n"));
            Files.writeString(part, "steps: [{run: echo two > said}]\n");
            daemon.awaitErr("loaded the changed file");
            cairn("schedule", "trigger", "w");
            await(() -> Files.readString(folder.resolve("said")).equals("two\n"));
        }
    }

    @Test
    void aPausedScheduleHoldsItsQueueAndAQueuedTickCanBeCancelled() throws Exception {
        Files.writeString(folder.resolve("flow.yaml"), """
                name: w
                schedule: {cron: "@yearly"}
                concurrency: {limit: 1, on_overlap: queue}
                defaults: {checkpoint: {engine: none}, rollback: none}
                steps: [{run: 'touch begun; while [ ! -e go ]; do sleep 0.05; done'}]
                """);
        cairn("schedule", "add", "flow.yaml");
        try (CairnProcess daemon = CairnProcess.startDaemon(folder, environment())) {
            String first = cairn("schedule", "trigger", "w").out().strip();
            await(() -> Files.exists(folder.resolve("begun")));
            String second = cairn("schedule", "trigger", "w").out().strip();
            String third = cairn("schedule", "trigger", "w").out().strip();
            await(() -> state(second, "w").equals("queued") && state(third, "w").equals("queued"));
            Outcome paused = cairn("schedule", "pause", "w");
            assertThat(paused.err()).contains("2 queued ticks are held");
            Files.createFile(folder.resolve("go"));
            await(() -> state(first, "w").equals("succeeded"));
            Outcome cancelled = cairn("cancel", third);
            assertThat(cancelled.exitCode()).as(cancelled.err()).isZero();
            assertThat(state(second, "w")).isEqualTo("held");
            assertThat(cairn("schedule", "unpause", "w").exitCode()).isZero();
            await(() -> state(second, "w").equals("succeeded"));
            assertThat(state(third, "w")).isEqualTo("cancelled");
            assertThat(cairn("cancel", third).exitCode()).isEqualTo(ExitCode.NOT_FOUND);
            daemon.signal("TERM");
            daemon.await();
        }
    }

    private String state(String key, String workflow) throws Exception {
        for (JsonNode tick : JsonMapper.shared()
                .readTree(cairn("schedule", "show", "--json", workflow).out())
                .at("/schedules/0/ticks")) {
            if (tick.path("key").asString().equals(key)) {
                return tick.path("state").asString();
            }
        }
        return "";
    }

    @Test
    void aRunThatAPersonPausesOrStopsIsLeftToThePerson() throws Exception {
        flow("x", 0);
        cairn("schedule", "add", "flow.yaml");
        try (CairnProcess daemon = CairnProcess.startDaemon(folder, environment())) {
            String key = cairn("schedule", "trigger", "w").out().strip();
            await(() -> Files.exists(folder.resolve("begun")));
            assertThat(cairn("pause", key).exitCode()).isZero();
            await(() -> tick("w").path("detail").asString().contains("cairn unpause"));
            Files.createFile(folder.resolve("go"));
            assertThat(cairn("unpause", key).exitCode()).isZero();
            await(() -> tick("w").path("state").asString().equals("succeeded"));
        }
    }

    @Test
    void aRunThatCannotStartFailsWithItsReason() throws Exception {
        Files.writeString(folder.resolve("flow.yaml"), """
                name: w
                schedule: {cron: "@yearly"}
                steps: [{run: 'true', checkpoint: {engine: criu}}]
                """);
        Outcome added = cairn("schedule", "add", "flow.yaml");
        assertThat(added.exitCode()).as(added.err()).isZero();
        try (CairnProcess daemon = CairnProcess.startDaemon(folder, environment())) {
            cairn("schedule", "trigger", "w");
            await(() -> tick("w").path("state").asString().equals("failed"));
            assertThat(tick("w").path("detail").asString()).contains("not started: ", "checkpoint.engine 'criu'");
        }
    }

    @Test
    void aBackfillRunsEachDayWithItsOwnTimeAndNoMoreAtATimeThanAllowed() throws Exception {
        Files.writeString(folder.resolve("flow.yaml"), """
                name: w
                inputs: {date: {default: today}}
                schedule: {cron: "0 2 * * *", timezone: UTC}
                defaults: {checkpoint: {engine: none}, rollback: none}
                env: {DATE: "${{ inputs.date }}"}
                steps:
                  - run: |
                      echo begin $DATE >> ledger
                      sleep 0.3
                      echo end $DATE >> ledger
                """);
        cairn("schedule", "add", "flow.yaml");
        cairn("schedule", "backfill", "w", "--from", "2026-02-26", "--to", "2026-03-02", "--parallel", "1");
        try (CairnProcess daemon = CairnProcess.startDaemon(folder, environment())) {
            await(() -> Files.exists(folder.resolve("ledger"))
                    && Files.readAllLines(folder.resolve("ledger")).size() == 10);
            assertThat(Files.readAllLines(folder.resolve("ledger")))
                    .isEqualTo(List.of("02-26", "02-27", "02-28", "03-01", "03-02").stream()
                            .flatMap(day -> List.of("begin 2026-" + day, "end 2026-" + day).stream())
                            .toList());
            daemon.signal("TERM");
            daemon.await();
        }
    }

    @Test
    void countsWhatItDoesAndKeepsNoMoreRunsThanItShould() throws Exception {
        receiver.setDispatcher(new Dispatcher() {
            @Override
            public MockResponse dispatch(RecordedRequest request) {
                boolean good = request.getUrl().encodedPath().equals("/good");
                return new MockResponse.Builder().code(good ? 204 : 400).build();
            }
        });
        receiver.start();
        Files.writeString(folder.resolve("flow.yaml"), """
                name: w
                schedule: {every: 1s}
                notify:
                  - {webhook: {url: "%1$sgood", events: run.succeeded}}
                  - {webhook: {url: "%1$sbad", events: run.succeeded}}
                defaults: {checkpoint: {engine: none}}
                steps: [{run: 'true'}]
                """.formatted(receiver.url("/")));
        Outcome added = cairn("schedule", "add", "flow.yaml");
        assertThat(added.exitCode()).as(added.err()).isZero();
        cairn("schedule", "backfill", "w", "--from", "2026-01-01T00:00:01Z", "--to", "2026-01-01T00:00:03Z");
        try (CairnProcess daemon = CairnProcess.startDaemon(folder, environment(), "--http", "0", "--keep-runs", "1")) {
            daemon.awaitErr("metrics at ");
            URI metrics = URI.create(daemon.err().replaceAll("(?s).*metrics at (\\S+).*", "$1"));
            await(() -> get(metrics).contains("cairn_ticks{state=\"succeeded\"}")
                    && get(metrics).contains("cairn_notifications_total{answer=\"delivered\"}")
                    && get(metrics).contains("cairn_notifications_total{answer=\"refused\"}"));
            assertThat(get(metrics))
                    .contains(
                            "cairn_schedules 1",
                            "cairn_tick_lateness_seconds_count",
                            "cairn_runs_total{state=",
                            "cairn_runs_undelivered ");
            String port = Integer.toString(metrics.getPort());
            Outcome taken = other("--http", port);
            assertThat(taken.exitCode()).isEqualTo(ExitCode.UNAVAILABLE);
            assertThat(taken.err()).contains("port " + port + " of 127.0.0.1 is taken");
            daemon.signal("TERM");
            daemon.await();
        }
        cairn("schedule", "pause", "w");
        try (CairnProcess daemon = CairnProcess.startDaemon(folder, environment(), "--keep-runs", "1")) {
            daemon.awaitErr("run with enough newer ones");
            daemon.signal("TERM");
            daemon.await();
        }
    }

    /** A second daemon, in a state folder of its own. */
    private Outcome other(String... options) throws Exception {
        String[] line = Stream.concat(Stream.of("daemon", "--foreground"), Stream.of(options))
                .toArray(String[]::new);
        Map<String, String> elsewhere =
                Map.of("XDG_STATE_HOME", folder.resolve("elsewhere").toString());
        return CairnProcess.run(folder, elsewhere, line);
    }

    private static String get(URI uri) throws Exception {
        return HttpClient.newHttpClient()
                .send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofString())
                .body();
    }

    private void flow(String word, int minute) throws IOException {
        Files.writeString(folder.resolve("flow.yaml"), """
                name: w
                schedule: {cron: "%d 0 1 1 *"}
                defaults: {checkpoint: {engine: none}, rollback: none}
                steps:
                  - run: touch begun; while [ ! -e go ]; do sleep 0.05; done
                  - run: echo %s >> said
                """.formatted(minute, word));
    }

    private List<String> lines() throws IOException {
        return Files.readAllLines(folder.resolve("counted"));
    }

    private JsonNode tick(String workflow) throws Exception {
        return JsonMapper.shared()
                .readTree(cairn("schedule", "show", "--json", workflow).out())
                .at("/schedules/0/ticks/0");
    }

    private static void await(Callable<Boolean> condition) {
        Awaitility.await()
                .atMost(Duration.ofMinutes(1))
                .pollInterval(Duration.ofMillis(200))
                .until(condition);
    }

    private Outcome cairn(String... arguments) throws Exception {
        return CairnProcess.run(folder, environment(), arguments);
    }

    private Path state(String file) {
        return folder.resolve("state/cairn").resolve(file);
    }

    private Map<String, String> environment() {
        return Map.of("XDG_STATE_HOME", folder.resolve("state").toString());
    }
}
