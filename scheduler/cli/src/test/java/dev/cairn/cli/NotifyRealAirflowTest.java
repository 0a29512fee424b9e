package dev.cairn.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cairn.airflow.Asset;
import dev.cairn.airflow.AssetEvent;
import dev.cairn.airflow.DagRunQuery;
import dev.cairn.airflow.RealAirflow;
import dev.cairn.cli.CairnProcess.Outcome;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import mockwebserver3.Dispatcher;
import mockwebserver3.MockResponse;
import mockwebserver3.MockWebServer;
import mockwebserver3.RecordedRequest;
import mockwebserver3.SocketEffect;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A real Airflow is told of each run once, by an event that starts a DAG: of one that is killed before its request and again between the
 * request and its answer, and of one whose answer is lost. {@code -Dcairn.long=true}: it takes minutes.
 */
@EnabledIfSystemProperty(named = "cairn.long", matches = "true")
final class NotifyRealAirflowTest {
    @TempDir
    Path folder;

    @ParameterizedTest
    @ValueSource(strings = {"3.3.2", "2.11.2"})
    void isToldOnceOfEachRun(String version) throws Exception {
        boolean first = version.startsWith("2.");
        Path here = Files.createDirectories(folder.resolve("flow"));
        Files.writeString(
                here.resolve("flow.yaml"),
                "name: n\nnotify: {airflow_asset: {connection: real, "
                        + (first ? "uri" : "name")
                        + ": 'cairn://contract'}}\nsteps: [{run: 'true', checkpoint: {engine: none}}]\n");
        try (RealAirflow airflow = RealAirflow.start(version, folder.resolve("server"));
                Between between = new Between(airflow.address())) {
            // a slow server may let the run's end pass before there is anything to kill at
            cairn(here, between, "run", "flow.yaml", "--key", "killed");
            while (between.events() < 2) {
                Outcome killed = cairn(here, between, "notify");
                assertThat(killed.exitCode()).as(killed.out() + killed.err()).isEqualTo(137);
            }
            tell(here, between);
            assertThat(between.events()).isEqualTo(2);

            cairn(here, between, "run", "flow.yaml", "--key", "unanswered");
            tell(here, between);
            assertThat(between.events()).isEqualTo(3);

            Asset asset = airflow.client().assets().find("cairn://contract").orElseThrow();
            List<AssetEvent> events = airflow.client().assets().events(asset).toList();
            assertThat(events)
                    .extracting(event -> event.extra().path("cairn_key").asString(""))
                    .containsExactly("unanswered", "killed");
            Awaitility.await("the runs that the events start")
                    .atMost(Duration.ofMinutes(2))
                    .until(() -> airflow.client()
                                    .dagRuns()
                                    .list(DagRunQuery.of("on_asset"))
                                    .count()
                            > 0);
        }
    }

    private static void tell(Path here, Between between) throws Exception {
        Outcome outcome = cairn(here, between, "notify");
        assertThat(outcome.exitCode()).as(outcome.out() + outcome.err()).isZero();
    }

    private static Outcome cairn(Path here, Between between, String... arguments) throws Exception {
        Map<String, String> environment = Map.of(
                "CAIRN_AIRFLOW_REAL_URL", between.address(),
                "CAIRN_AIRFLOW_REAL_USER", "admin",
                "CAIRN_AIRFLOW_REAL_PASSWORD", "admin",
                "CAIRN_AIRFLOW_REAL_TIMEOUT", "5s");
        try (CairnProcess cairn = CairnProcess.start(here, environment, Path.of("/dev/null"), arguments)) {
            between.aim(cairn.pid());
            return cairn.await();
        }
    }

    /**
     * Passes everything on to the server, but kills the sender of the first event before that and of the second after, and does not answer
     * that of the third.
     */
    private static final class Between extends Dispatcher implements AutoCloseable {
        private final MockWebServer server = new MockWebServer();
        /** Asked for HTTP/2, as it is by default, Airflow 3's server loses bodies. */
        private final HttpClient client =
                HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

        private final String address;
        private int events;
        private Optional<ProcessHandle> victim = Optional.empty();

        Between(String address) throws IOException {
            this.address = address;
            server.setDispatcher(this);
            server.start();
        }

        String address() {
            return server.url("/").toString();
        }

        synchronized int events() {
            return events;
        }

        synchronized void aim(long pid) {
            victim = ProcessHandle.of(pid);
        }

        @Override
        public synchronized MockResponse dispatch(RecordedRequest request) throws InterruptedException {
            boolean event =
                    request.getMethod().equals("POST") && request.getTarget().endsWith("/events");
            events += event ? 1 : 0;
            if (event && events == 1) {
                kill();
                return new MockResponse.Builder().code(500).build();
            }
            MockResponse answer = passOn(request);
            if (event && events == 2) {
                kill();
            }
            if (event && events == 3) {
                return new MockResponse.Builder()
                        .onResponseStart(SocketEffect.Stall.INSTANCE)
                        .build();
            }
            return answer;
        }

        private MockResponse passOn(RecordedRequest request) throws InterruptedException {
            HttpRequest.Builder onward = HttpRequest.newBuilder(URI.create(address + request.getTarget()));
            for (String header : List.of("Accept", "Authorization", "Content-Type")) {
                Optional.ofNullable(request.getHeaders().get(header)).ifPresent(value -> onward.header(header, value));
            }
            onward.method(
                    Objects.requireNonNull(request.getMethod()),
                    request.getBody() == null
                            ? BodyPublishers.noBody()
                            : BodyPublishers.ofByteArray(request.getBody().toByteArray()));
            try {
                HttpResponse<String> answer = client.send(onward.build(), BodyHandlers.ofString());
                return new MockResponse.Builder()
                        .code(answer.statusCode())
                        .setHeader(
                                "Content-Type",
                                answer.headers().firstValue("Content-Type").orElse(""))
                        .body(answer.body())
                        .build();
            } catch (IOException e) {
                return new MockResponse.Builder().code(502).build();
            }
        }

        /** Returns when it is dead. */
        private void kill() {
            victim.orElseThrow().destroyForcibly();
            victim.orElseThrow().onExit().join();
        }

        @Override
        public void close() {
            server.close();
        }
    }
}
