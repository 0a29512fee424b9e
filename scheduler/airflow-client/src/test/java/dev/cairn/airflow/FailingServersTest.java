package dev.cairn.airflow;

import static dev.cairn.airflow.Answers.json;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.cairn.airflow.AirflowException.Kind;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import mockwebserver3.MockResponse;
import mockwebserver3.MockWebServer;
import mockwebserver3.SocketEffect;
import okhttp3.tls.HandshakeCertificates;
import okhttp3.tls.HeldCertificate;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Servers that are away, broken, overloaded, guarded or not what they seem: what is repeated, and what is said. */
final class FailingServersTest {
    private static final String RUN = "{\"dag_run_id\": \"r\", \"dag_id\": \"d\", \"state\": \"queued\"}";

    @TempDir
    Path folder;

    private Answers answers;

    @BeforeEach
    void start() throws IOException {
        answers = new Answers();
    }

    @AfterEach
    void stop() {
        answers.close();
    }

    private static AirflowException failure(ThrowingCallable call) {
        return catchThrowableOfType(AirflowException.class, call);
    }

    private static MockResponse.Builder silence() {
        return new MockResponse.Builder().onResponseStart(SocketEffect.Stall.INSTANCE);
    }

    @Test
    void repeatsAReadWithGrowingPauses() throws Exception {
        answers.then(503, "{\"detail\": \"starting\"}").then(silence()).then(200, RUN);
        assertThat(answers.v2().dagRuns().get("d", "r").state()).isEqualTo(DagRunState.QUEUED);
        assertThat(answers.pauses).containsExactly(Duration.ofMillis(250), Duration.ofMillis(500));
    }

    @Test
    void givesUpAReadAfterTheRetries() throws Exception {
        answers.then(503, "{}").then(503, "{}").then(503, "{\"detail\": \"still starting\"}");
        AirflowException e = failure(() -> answers.v2().dagRuns().get("d", "r"));
        assertThat(e.kind()).isEqualTo(Kind.SERVER);
        assertThat(e).hasMessageContaining("still starting");
        assertThat(e.mayPass()).isTrue();
        assertThat(answers.server.getRequestCount()).isEqualTo(3);
    }

    @Test
    void waitsAsLongAsTheServerAsksFor() throws Exception {
        answers.then(json(429, "{}").setHeader("Retry-After", "7")).then(200, RUN);
        answers.v2().dagRuns().get("d", "r");
        assertThat(answers.pauses).containsExactly(Duration.ofSeconds(7));
    }

    @Test
    void neverRepeatsATriggerThatMayHaveBeenAccepted() throws Exception {
        answers.then(silence()).then(500, "{\"detail\": \"boom\"}");
        AirflowException silent = failure(() -> answers.v2().dagRuns().trigger("d", TriggerRequest.of("r")));
        assertThat(silent.kind()).isEqualTo(Kind.NO_ANSWER);
        assertThat(answers.server.getRequestCount()).isEqualTo(1);
        AirflowException broken = failure(() -> answers.v2().dagRuns().trigger("d", TriggerRequest.of("r")));
        assertThat(broken.kind()).isEqualTo(Kind.SERVER);
        assertThat(answers.server.getRequestCount()).isEqualTo(2);
    }

    @Test
    void triggersOverAFreshConnectionAlthoughAReadOneIsKept() throws Exception {
        answers.then(200, RUN).then(200, RUN);
        AirflowClient client = answers.v2();
        client.dagRuns().get("d", "r");
        client.dagRuns().trigger("d", TriggerRequest.of("r"));
        assertThat(answers.request().getConnectionIndex()).isZero();
        assertThat(answers.request().getConnectionIndex()).isEqualTo(1);
    }

    @Test
    void triesAgainWhenNobodyListens() throws Exception {
        int port;
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = socket.getLocalPort();
        }
        AirflowClient client = answers.client(ConnectionSettings.of("http://localhost:" + port, Credentials.none())
                .withVersion(ApiVersion.V2)
                .withRetries(2));
        AirflowException e = failure(() -> client.dagRuns().trigger("d", TriggerRequest.of("r")));
        assertThat(e.kind()).isEqualTo(Kind.UNREACHABLE);
        assertThat(answers.pauses).hasSize(2);
    }

    @Test
    void logsInAgainWhenTheTokenHasExpired() throws Exception {
        answers.then(201, "{\"access_token\": \"old\"}")
                .then(200, RUN)
                .then(401, "{\"detail\": \"Token Expired\"}")
                .then(201, "{\"access_token\": \"new\"}")
                .then(200, RUN);
        AirflowClient client = answers.client(new ConnectionSettings(
                URI.create(answers.address()),
                Credentials.password("admin", () -> "pw"),
                Optional.of(ApiVersion.V2),
                Optional.empty(),
                Optional.empty(),
                Duration.ofSeconds(5),
                Duration.ofSeconds(5),
                0));
        client.dagRuns().get("d", "r");
        client.dagRuns().trigger("d", TriggerRequest.of("r"));
        assertThat(Answers.body(answers.request())).isEqualTo("{\"username\":\"admin\",\"password\":\"pw\"}");
        assertThat(answers.request().getHeaders().get("Authorization")).isEqualTo("Bearer old");
        assertThat(answers.request().getHeaders().get("Authorization")).isEqualTo("Bearer old");
        assertThat(answers.next()).isEqualTo("POST /auth/token");
        assertThat(answers.request().getHeaders().get("Authorization")).isEqualTo("Bearer new");
    }

    @Test
    void logsInAgainWhenTheServerHasAnotherSecretSince() throws Exception {
        answers.then(201, "{\"access_token\": \"old\"}")
                .then(403, "{\"detail\": \"Invalid JWT token\"}")
                .then(201, "{\"access_token\": \"new\"}")
                .then(200, RUN)
                .then(403, "{\"detail\": \"Forbidden\"}");
        AirflowClient client =
                answers.client(ConnectionSettings.of(answers.address(), Credentials.password("admin", () -> "pw"))
                        .withVersion(ApiVersion.V2));
        assertThat(client.dagRuns().get("d", "r").state()).isEqualTo(DagRunState.QUEUED);
        assertThat(failure(() -> client.dagRuns().get("d", "r")).kind()).isEqualTo(Kind.FORBIDDEN);
        assertThat(answers.server.getRequestCount()).isEqualTo(5);
    }

    @Test
    void saysThatATokenIsNoneOfTheServers() throws Exception {
        answers.then(403, "{\"detail\": \"Invalid JWT token\"}");
        AirflowClient client =
                answers.client(ConnectionSettings.of(answers.address(), Credentials.bearer(() -> "nonsense"))
                        .withVersion(ApiVersion.V2));
        AirflowException e = failure(() -> client.dags().get("d"));
        assertThat(e.kind()).isEqualTo(Kind.UNAUTHORIZED);
        assertThat(e).hasMessageContaining("Check the user and password, or the token");
    }

    @Test
    void saysWhatAnAirflowThreeSaysOfTheOlderApi() throws Exception {
        answers.then(404, "{\"error\": \"/api/v1 has been removed in Airflow 3\"}");
        assertThat(failure(() -> answers.v1().dags().get("d"))).hasMessageContaining("has been removed in Airflow 3");
    }

    @Test
    void saysThatThePasswordIsWrongAndNeverTheWrongPassword() throws Exception {
        answers.then(401, "{\"detail\": \"Invalid credentials\"}");
        AirflowClient client =
                answers.client(ConnectionSettings.of(answers.address(), Credentials.password("admin", () -> "sesame"))
                        .withVersion(ApiVersion.V2));
        AirflowException e = failure(() -> client.dags().get("d"));
        assertThat(e.kind()).isEqualTo(Kind.UNAUTHORIZED);
        assertThat(e).hasMessageContaining("Invalid credentials").hasMessageNotContaining("sesame");
    }

    @Test
    void sendsUserAndPasswordToTheOlderApi() throws Exception {
        answers.then(200, "{\"version\": \"2.11.2\"}").then(401, "{\"title\": \"Unauthorized\", \"status\": 401}");
        AirflowClient client =
                answers.client(ConnectionSettings.of(answers.address(), Credentials.password("admin", () -> "pw"))
                        .withVersion(ApiVersion.V1));
        client.version();
        assertThat(answers.request().getHeaders().get("Authorization")).isEqualTo("Basic YWRtaW46cHc=");
        assertThat(failure(() -> client.dags().get("d")).kind()).isEqualTo(Kind.UNAUTHORIZED);
    }

    @Test
    void saysThatAPlainServerSpeaksNoTls() throws Exception {
        try (PlainServer plain = PlainServer.answering("HTTP/1.1 400 Bad Request\r\n\r\n")) {
            AirflowException e = failure(overTls(plain)::version);
            assertThat(e.kind()).isEqualTo(Kind.TLS);
            assertThat(e).hasMessageContaining("Is it http://");
        }
    }

    @Test
    void saysThatAPlainServerMayWaitForTheRestOfWhatItTakesForARequest() throws Exception {
        try (PlainServer plain = PlainServer.silent()) {
            AirflowException e = failure(() -> overTls(plain).dagRuns().trigger("d", TriggerRequest.of("r")));
            assertThat(e.kind()).as("nothing was asked yet").isEqualTo(Kind.UNREACHABLE);
            assertThat(e).hasMessageContaining("Is it http://");
        }
    }

    private AirflowClient overTls(PlainServer plain) throws IOException {
        return answers.client(ConnectionSettings.of("https://localhost:" + plain.port(), Credentials.none())
                .withVersion(ApiVersion.V2)
                .withTimeouts(Duration.ofSeconds(5), Duration.ofSeconds(2))
                .withRetries(0));
    }

    @Test
    void saysWhatToDoAboutASelfSignedCertificateAndTrustsItWhenTold() throws Exception {
        HeldCertificate own = new HeldCertificate.Builder()
                .addSubjectAlternativeName("localhost")
                .build();
        try (MockWebServer secure = new MockWebServer()) {
            secure.useHttps(new HandshakeCertificates.Builder()
                    .heldCertificate(own)
                    .build()
                    .sslSocketFactory());
            secure.start();
            String address = "https://localhost:" + secure.getPort();
            ConnectionSettings settings = ConnectionSettings.of(address, Credentials.none())
                    .withVersion(ApiVersion.V2)
                    .withRetries(0);
            AirflowException e = failure(() -> answers.client(settings).version());
            assertThat(e.kind()).isEqualTo(Kind.TLS);
            assertThat(e).hasMessageContaining("certificate").hasMessageContaining("PEM");

            Path pem = Files.writeString(folder.resolve("ca.pem"), own.certificatePem());
            secure.enqueue(json(200, "{\"version\": \"3.3.2\"}").build());
            assertThat(answers.client(settings.trusting(pem)).version()).isEqualTo("3.3.2");
        }
    }

    @Test
    void saysThatATlsPortWantsTls() throws Exception {
        HeldCertificate own = new HeldCertificate.Builder().build();
        try (MockWebServer secure = new MockWebServer()) {
            secure.useHttps(new HandshakeCertificates.Builder()
                    .heldCertificate(own)
                    .build()
                    .sslSocketFactory());
            secure.start();
            AirflowClient client =
                    answers.client(ConnectionSettings.of("http://localhost:" + secure.getPort(), Credentials.none())
                            .withTimeouts(Duration.ofSeconds(2), Duration.ofSeconds(2))
                            .withRetries(0));
            AirflowException e = failure(client::version);
            assertThat(e.mayPass()).isTrue();
            assertThat(e).hasMessageContaining("https://");
        }
    }

    @Test
    void goesThroughAProxy() throws Exception {
        answers.then(200, "{\"version\": \"3.3.2\"}");
        AirflowClient client = answers.client(ConnectionSettings.of("http://airflow.invalid:8080", Credentials.none())
                .withVersion(ApiVersion.V2)
                .through(URI.create(answers.address())));
        assertThat(client.version()).isEqualTo("3.3.2");
        assertThat(answers.request().getUrl()).hasToString("http://airflow.invalid:8080/api/v2/version");
    }

    @Test
    void speaksTlsThroughAProxy() throws Exception {
        HeldCertificate own = new HeldCertificate.Builder()
                .addSubjectAlternativeName("airflow.invalid")
                .build();
        Path pem = Files.writeString(folder.resolve("ca.pem"), own.certificatePem());
        try (MockWebServer proxy = new MockWebServer()) {
            proxy.useHttps(new HandshakeCertificates.Builder()
                    .heldCertificate(own)
                    .build()
                    .sslSocketFactory());
            proxy.start();
            proxy.enqueue(new MockResponse.Builder().inTunnel().build());
            proxy.enqueue(json(200, "{\"version\": \"3.3.2\"}").build());
            AirflowClient client = answers.client(ConnectionSettings.of("https://airflow.invalid", Credentials.none())
                    .withVersion(ApiVersion.V2)
                    .trusting(pem)
                    .through(URI.create("http://localhost:" + proxy.getPort())));
            assertThat(client.version()).isEqualTo("3.3.2");
            assertThat(proxy.takeRequest().getRequestLine()).isEqualTo("CONNECT airflow.invalid:443 HTTP/1.1");
        }
    }

    @Test
    void asksCredentialsOfOnesOwnAgainOnceTheyAreRefused() throws Exception {
        answers.then(401, "{}").then(200, RUN).then(401, "{}").then(401, "{}");
        int[] number = new int[1];
        Credentials own = new Credentials() {
            @Override
            public Optional<String> authorization(Login login) {
                return Optional.of("Own " + number[0]);
            }

            @Override
            public boolean renew(String refused) {
                return refused.equals("Own " + number[0]++);
            }
        };
        AirflowClient client =
                answers.client(ConnectionSettings.of(answers.address(), own).withVersion(ApiVersion.V2));
        client.dagRuns().trigger("d", TriggerRequest.of("r"));
        assertThat(answers.request().getHeaders().get("Authorization")).isEqualTo("Own 0");
        assertThat(answers.request().getHeaders().get("Authorization")).isEqualTo("Own 1");
        assertThat(failure(() -> client.dagRuns().get("d", "r")).kind()).isEqualTo(Kind.UNAUTHORIZED);
        assertThat(answers.server.getRequestCount()).isEqualTo(4);
    }

    @Test
    void waitsForARunThroughAnAbsenceOfTheServer() throws Exception {
        answers.then(200, RUN)
                .then(503, "{}")
                .then(503, "{}")
                .then(503, "{}")
                .then(200, RUN.replace("queued", "success"));
        DagRun run = answers.v2().dagRuns().await("d", "r", Duration.ofMillis(1), Duration.ofMinutes(1), seen -> {});
        assertThat(run.state()).isEqualTo(DagRunState.SUCCESS);
    }
}
