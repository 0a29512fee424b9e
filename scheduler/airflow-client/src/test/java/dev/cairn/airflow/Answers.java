package dev.cairn.airflow;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import mockwebserver3.MockResponse;
import mockwebserver3.MockWebServer;
import mockwebserver3.RecordedRequest;

/** A server that gives the answers that a test lays down, in their order, and pauses that take no time. */
final class Answers implements AutoCloseable {
    final MockWebServer server = new MockWebServer();
    final List<Duration> pauses = new CopyOnWriteArrayList<>();
    private final List<AirflowClient> clients = new ArrayList<>();

    Answers() throws IOException {
        server.start();
    }

    static MockResponse.Builder json(int status, String body) {
        return new MockResponse.Builder()
                .code(status)
                .setHeader("Content-Type", "application/json")
                .body(body);
    }

    Answers then(int status, String body) {
        return then(json(status, body));
    }

    Answers then(MockResponse.Builder answer) {
        server.enqueue(answer.build());
        return this;
    }

    String address() {
        return server.url("/").toString();
    }

    ConnectionSettings settings() {
        return ConnectionSettings.of(address(), Credentials.none())
                .withTimeouts(Duration.ofSeconds(5), Duration.ofMillis(500))
                .withRetries(2);
    }

    AirflowClient v1() throws IOException {
        return client(settings().withVersion(ApiVersion.V1));
    }

    AirflowClient v2() throws IOException {
        return client(settings().withVersion(ApiVersion.V2));
    }

    AirflowClient client(ConnectionSettings settings) throws IOException {
        AirflowClient client = AirflowClient.connect(settings, pauses::add);
        clients.add(client);
        return client;
    }

    /** The next request that came, as {@code METHOD target}. */
    String next() throws InterruptedException {
        RecordedRequest request = request();
        return request.getMethod() + " " + request.getTarget();
    }

    RecordedRequest request() throws InterruptedException {
        return Objects.requireNonNull(server.takeRequest(5, TimeUnit.SECONDS), "no request came");
    }

    static String body(RecordedRequest request) {
        return Objects.requireNonNull(request.getBody()).utf8();
    }

    @Override
    public void close() {
        clients.forEach(AirflowClient::close);
        server.close();
    }
}
