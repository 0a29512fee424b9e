package dev.cairn.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cairn.cli.CairnProcess.Outcome;
import dev.cairn.files.JsonLines;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;
import mockwebserver3.Dispatcher;
import mockwebserver3.MockResponse;
import mockwebserver3.MockWebServer;
import mockwebserver3.RecordedRequest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * A run that tells a webhook is killed ({@code kill -9}) again and again, at requests and in between, and the receiver loses what it took
 * now and then. In the end it has been told everything that the journal holds, in its order, and nothing that differs under one id.
 *
 * <p>{@code -Dcairn.long=true}: 60 rounds; {@code -Dcairn.seed=N} repeats a run's choices.
 */
final class NotifyKillTest {
    private static final int ROUNDS = Boolean.getBoolean("cairn.long") ? 60 : 2;
    private static final Path NOTHING = Path.of("/dev/null");
    private static final String SECRET = "s3cret-of-the-hook";

    @TempDir
    Path folder;

    @Test
    void tellsEverythingInOrderWheneverItIsKilled() throws Exception {
        long seed = Long.getLong("cairn.seed", System.nanoTime());
        System.out.println("NotifyKillTest: -Dcairn.seed=" + seed);
        Random random = new Random(seed);
        int kills = 0;
        for (int round = 0; round < ROUNDS; round++) {
            kills += round(Files.createDirectories(folder.resolve(Integer.toString(round))), random);
        }
        assertThat(kills).as("kills").isGreaterThanOrEqualTo(ROUNDS);
    }

    private static int round(Path here, Random random) throws Exception {
        try (Receiver receiver = new Receiver(random.nextLong())) {
            Files.writeString(here.resolve("flow.yaml"), """
                    name: kill
                    notify: {webhook: {url: {env: HOOK}, secret: {env: SECRET}, headers: {X-Token: {env: SECRET}}}}
                    defaults: {checkpoint: {engine: none}}
                    steps:
                      - {id: one, run: sleep 0.5}
                      - {id: two, run: "false", retry: {max: 1, delay: 10ms}, continue_on_error: true}
                      - {id: three, run: sleep 0.5}
                    """);
            Map<String, String> environment = Map.of("HOOK", receiver.address(), "SECRET", SECRET);
            int kills = 0;
            Outcome outcome;
            do {
                boolean atRequest = kills < 3 && random.nextBoolean();
                receiver.killAt(atRequest ? 1 + random.nextInt(4) : Integer.MAX_VALUE, random.nextBoolean());
                try (CairnProcess cairn =
                        CairnProcess.start(here, environment, NOTHING, "run", "flow.yaml", "--key", "k")) {
                    receiver.aim(cairn.pid());
                    if (kills < 3 && !atRequest) {
                        killAfter(400 + random.nextInt(1200), cairn.pid());
                    }
                    outcome = cairn.await();
                }
                kills += outcome.exitCode() == 137 ? 1 : 0;
            } while (outcome.exitCode() == 137);
            assertThat(outcome.exitCode()).as(outcome.err()).isZero();
            receiver.killAt(Integer.MAX_VALUE, false);
            try (CairnProcess cairn = CairnProcess.start(here, environment, NOTHING, "notify")) {
                Outcome rest = cairn.await();
                assertThat(rest.exitCode()).as(rest.out() + rest.err()).isZero();
            }
            check(here, receiver.taken(), outcome.err());
            return kills;
        }
    }

    /** At whatever it then does, unless it has ended before. */
    private static void killAfter(int millis, long pid) throws Exception {
        Optional<ProcessHandle> process = ProcessHandle.of(pid);
        if (process.isPresent()) {
            try {
                process.get().onExit().get(millis, TimeUnit.MILLISECONDS);
            } catch (TimeoutException stillThere) {
                process.get().destroyForcibly();
            }
        }
    }

    private static void check(Path here, List<JsonNode> taken, String said) throws IOException {
        Path run;
        try (Stream<Path> runs = Files.list(here.resolve(".cairn/runs"))) {
            run = runs.filter(folder -> !folder.getFileName().toString().startsWith(".")) // a draft that was killed
                    .findFirst()
                    .orElseThrow();
        }
        List<Long> sequences = taken.stream().map(NotifyKillTest::sequence).toList();
        assertThat(sequences).as(said).isSorted();
        assertThat(taken.stream().distinct().map(NotifyKillTest::sequence))
                .as("one body under one id, and each line of the journal that there is to tell")
                .containsExactlyElementsOf(due(run.resolve("events.jsonl")));
        assertThat(taken.stream().map(event -> event.path("type").asString()).distinct())
                .contains("dev.cairn.run.started", "dev.cairn.step.succeeded", "dev.cairn.step.failed")
                .contains("dev.cairn.run.succeeded");
        assertNoFileHolds(here.resolve(".cairn"), SECRET);
    }

    private static long sequence(JsonNode event) {
        return Long.parseLong(event.path("id").asString().replaceFirst(".*-", ""));
    }

    /** The numbers of lines that say something new of a step or of the run. */
    private static List<Long> due(Path journal) throws IOException {
        List<String> lines = Files.readAllLines(journal);
        List<Long> due = new ArrayList<>();
        for (int i = 0; i < lines.size(); i++) {
            if (lines.get(i).contains("\"event\":\"attempt_started\"")
                    || lines.get(i).contains("\"event\":\"run_changed\"")
                    || lines.get(i).contains("\"event\":\"step_changed\"")
                            && !lines.get(i).contains("\"state\":\"ready\"")) {
                due.add(i + 1L);
            }
        }
        assertThat(JsonLines.read(journal)).hasSameSizeAs(lines);
        return due;
    }

    static void assertNoFileHolds(Path folder, String secret) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            assertThat(files.filter(Files::isRegularFile)
                            .filter(file -> holds(file, secret))
                            .toList())
                    .isEmpty();
        }
    }

    private static boolean holds(Path file, String text) {
        try {
            return new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1).contains(text);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    /** Keeps what it is told, fails now and then before or after that, and kills the sender at one request. */
    private static final class Receiver extends Dispatcher implements AutoCloseable {
        private final MockWebServer server = new MockWebServer();
        private final List<JsonNode> taken = new ArrayList<>();
        private final Random random;
        private int due = Integer.MAX_VALUE;
        private boolean before;
        private Optional<ProcessHandle> victim = Optional.empty();

        Receiver(long seed) throws IOException {
            random = new Random(seed);
            server.setDispatcher(this);
            server.start();
        }

        String address() {
            return server.url("/").toString();
        }

        synchronized void killAt(int request, boolean beforeIt) {
            victim = Optional.empty();
            due = request;
            before = beforeIt;
        }

        synchronized void aim(long pid) {
            victim = ProcessHandle.of(pid);
        }

        synchronized List<JsonNode> taken() {
            return List.copyOf(taken);
        }

        @Override
        public synchronized MockResponse dispatch(RecordedRequest request) {
            due--;
            boolean kill = due <= 0 && victim.isPresent();
            if (kill && before) {
                kill();
                return answer(500);
            }
            if (random.nextInt(10) == 0) {
                return answer(503);
            }
            taken.add(JsonMapper.shared()
                    .readTree(Objects.requireNonNull(request.getBody()).utf8()));
            if (kill) {
                kill();
            }
            return answer(random.nextInt(10) == 0 ? 500 : 204);
        }

        /** Returns when it is dead, so that no answer reaches it any more. */
        private void kill() {
            victim.orElseThrow().destroyForcibly();
            victim.orElseThrow().onExit().join();
            victim = Optional.empty();
        }

        private static MockResponse answer(int status) {
            return new MockResponse.Builder().code(status).build();
        }

        @Override
        public void close() {
            server.close();
        }
    }
}
