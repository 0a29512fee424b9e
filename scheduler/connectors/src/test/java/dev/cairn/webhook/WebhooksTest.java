package dev.cairn.webhook;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cairn.run.notify.Delivery;
import dev.cairn.run.notify.Delivery.Answer;
import dev.cairn.run.notify.Notice;
import dev.cairn.workflow.spec.Change;
import dev.cairn.workflow.spec.MaybeSecret;
import dev.cairn.workflow.spec.Notification;
import dev.cairn.workflow.spec.SecretSource;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import mockwebserver3.MockResponse;
import mockwebserver3.MockWebServer;
import mockwebserver3.RecordedRequest;
import mockwebserver3.SocketEffect;
import okhttp3.tls.HandshakeCertificates;
import okhttp3.tls.HeldCertificate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WebhooksTest {
    private static final Clock CLOCK = Clock.fixed(Instant.parse("2026-03-01T02:00:00Z"), ZoneOffset.UTC);
    private static final Notice NOTICE = new Notice(
            "night-1",
            "the night",
            Optional.of("k"),
            7,
            Instant.parse("2026-03-01T01:59:59.5Z"),
            Change.STEP_FAILED,
            Optional.of("train.2"),
            "failed: exit code 1");

    @TempDir
    Path folder;

    private final MockWebServer server = new MockWebServer();

    @BeforeEach
    void start() throws Exception {
        server.start();
    }

    @AfterEach
    void stop() {
        server.close();
    }

    private Notification.Webhook webhook(MaybeSecret url) {
        return webhook(url, Duration.ofMillis(400), Optional.empty());
    }

    private static Notification.Webhook webhook(MaybeSecret url, Duration timeout, Optional<String> certificates) {
        return new Notification.Webhook(
                url,
                Optional.of(new SecretSource.Variable("SECRET")),
                Set.of(Change.values()),
                Map.of(
                        "X-Team", new MaybeSecret.Plain("data"),
                        "Authorization", new MaybeSecret.Secret(new SecretSource.File("token.txt"))),
                timeout,
                certificates);
    }

    private Notification.Webhook webhook() {
        return webhook(new MaybeSecret.Plain(server.url("/hook").toString()));
    }

    private Webhooks webhooks() throws Exception {
        Files.writeString(folder.resolve("token.txt"), "Bearer t0ken\n");
        return new Webhooks(
                Map.of("SECRET", "s3cret", "URL", server.url("/pr1vate").toString()), CLOCK);
    }

    private Answer tell(MockResponse response) throws Exception {
        server.enqueue(response);
        return webhooks().tell(webhook(), folder, NOTICE, new NothingAsked());
    }

    private static MockResponse status(int code) {
        return new MockResponse.Builder().code(code).build();
    }

    private RecordedRequest request() throws InterruptedException {
        return Objects.requireNonNull(server.takeRequest(5, TimeUnit.SECONDS));
    }

    @Test
    void postsASignedCloudEvent() throws Exception {
        assertThat(tell(status(202))).isEqualTo(new Answer.Delivered());

        RecordedRequest request = request();
        String body = Objects.requireNonNull(request.getBody()).utf8();
        assertThat(body)
                .isEqualTo("{\"specversion\":\"1.0\",\"id\":\"night-1-7\",\"source\":\"/cairn/the%20night\","
                        + "\"type\":\"dev.cairn.step.failed\",\"subject\":\"night-1/train.2\","
                        + "\"time\":\"2026-03-01T01:59:59.500Z\",\"datacontenttype\":\"application/json\","
                        + "\"data\":{\"run\":\"night-1\",\"workflow\":\"the night\",\"key\":\"k\",\"step\":\"train.2\","
                        + "\"text\":\"failed: exit code 1\"}}");
        assertThat(request.getHeaders().get("Content-Type")).isEqualTo("application/cloudevents+json");
        assertThat(request.getHeaders().get("X-Team")).isEqualTo("data");
        assertThat(request.getHeaders().get("Authorization")).isEqualTo("Bearer t0ken");
        assertThat(request.getHeaders().get("webhook-id")).isEqualTo("night-1-7");
        assertThat(request.getHeaders().get("webhook-timestamp")).isEqualTo("1772330400");
        assertThat(request.getHeaders().get("webhook-signature"))
                .isEqualTo("v1," + hmacByOpenSsl("s3cret", "night-1-7.1772330400." + body));
    }

    /** By a program that has nothing to do with ours. */
    private String hmacByOpenSsl(String key, String content) throws Exception {
        Path signed = Files.writeString(folder.resolve("signed"), content);
        Process openssl = new ProcessBuilder(
                        "sh",
                        "-c",
                        "openssl dgst -sha256 -hmac \"$0\" -binary < \"$1\" | base64",
                        key,
                        signed.toString())
                .start();
        return new String(openssl.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
    }

    @Test
    void triesAgainWhatMayPass() throws Exception {
        for (int status : new int[] {408, 425, 429, 500, 502, 599}) {
            assertThat(tell(status(status))).isEqualTo(new Answer.Later("it answered " + status, Optional.empty()));
        }
    }

    @Test
    void waitsAsLongAsItIsAskedTo() throws Exception {
        MockResponse.Builder busy = new MockResponse.Builder().code(429);
        assertThat(tell(busy.setHeader("Retry-After", "7").build()))
                .isEqualTo(new Answer.Later("it answered 429", Optional.of(Duration.ofSeconds(7))));
        assertThat(tell(busy.setHeader("Retry-After", "Sun, 01 Mar 2026 02:01:00 GMT")
                        .build()))
                .isEqualTo(new Answer.Later("it answered 429", Optional.of(Duration.ofMinutes(1))));
        assertThat(tell(busy.setHeader("Retry-After", "999999").build()))
                .isEqualTo(new Answer.Later("it answered 429", Optional.of(Duration.ofHours(1))));
        assertThat(tell(busy.setHeader("Retry-After", "soon").build()))
                .isEqualTo(new Answer.Later("it answered 429", Optional.empty()));
    }

    @Test
    void takesNoForAnAnswerAndFollowsNoRedirect() throws Exception {
        assertThat(tell(status(404))).isEqualTo(new Answer.Refused("it answered 404"));
        assertThat(tell(new MockResponse.Builder()
                        .code(307)
                        .setHeader("Location", server.url("/elsewhere").toString())
                        .build()))
                .isInstanceOfSatisfying(
                        Answer.Refused.class,
                        refused -> assertThat(refused.reason()).contains("307", "redirect"));
        assertThat(server.getRequestCount()).isEqualTo(2);
    }

    @Test
    void isNotHeldUpByAReceiverThatHangsOrIsAway() throws Exception {
        assertThat(tell(new MockResponse.Builder()
                        .onResponseStart(SocketEffect.Stall.INSTANCE)
                        .build()))
                .isEqualTo(new Answer.Later("no answer within 400ms", Optional.empty()));
        Notification.Webhook webhook = webhook();
        server.close();
        assertThat(webhooks().tell(webhook, folder, NOTICE, new NothingAsked()))
                .isEqualTo(new Answer.Later("no connection", Optional.empty()));
    }

    @Test
    void showsNothingOfAnAddressThatIsASecret() throws Exception {
        server.enqueue(new MockResponse.Builder()
                .onRequestStart(new SocketEffect.CloseSocket())
                .build());
        Answer answer = webhooks()
                .tell(
                        webhook(new MaybeSecret.Secret(new SecretSource.Variable("URL"))),
                        folder,
                        NOTICE,
                        new NothingAsked());
        assertThat(answer).isEqualTo(new Answer.Later("no whole answer", Optional.empty()));
    }

    @Test
    void trustsTheCertificatesThatItIsGiven() throws Exception {
        HeldCertificate certificate = new HeldCertificate.Builder()
                .addSubjectAlternativeName("localhost")
                .addSubjectAlternativeName("127.0.0.1")
                .build();
        server.close();
        MockWebServer secure = new MockWebServer();
        secure.useHttps(new HandshakeCertificates.Builder()
                .heldCertificate(certificate)
                .build()
                .sslSocketFactory());
        secure.start();
        try (secure) {
            secure.enqueue(status(200));
            MaybeSecret url = new MaybeSecret.Plain(secure.url("/").toString());
            Duration timeout = Duration.ofSeconds(20);
            assertThat(webhooks().tell(webhook(url, timeout, Optional.empty()), folder, NOTICE, new NothingAsked()))
                    .isInstanceOfSatisfying(
                            Answer.Later.class,
                            later -> assertThat(later.reason()).contains("TLS"));

            Files.writeString(folder.resolve("ca.pem"), certificate.certificatePem());
            Notification.Webhook trusting = webhook(url, timeout, Optional.of("ca.pem"));
            assertThat(webhooks().obstacle(trusting, folder)).isEmpty();
            assertThat(webhooks().tell(trusting, folder, NOTICE, new NothingAsked()))
                    .isEqualTo(new Answer.Delivered());
        }
    }

    @Test
    void saysWhatIsMissingBeforeAnythingStarts() throws Exception {
        Webhooks bare = new Webhooks(Map.of(), CLOCK);
        assertThat(bare.obstacle(webhook(), folder))
                .contains("the file token.txt cannot be read: there is no such file");
        Path token = Files.writeString(folder.resolve("token.txt"), "Bearer \u00e4");
        Files.setPosixFilePermissions(token, PosixFilePermissions.fromString("rw-rw-rw-"));
        assertThat(bare.obstacle(webhook(), folder))
                .hasValueSatisfying(said -> assertThat(said).contains("everyone can write it"));
        Files.setPosixFilePermissions(token, PosixFilePermissions.fromString("rw-------"));
        assertThat(bare.obstacle(webhook(), folder))
                .hasValueSatisfying(
                        said -> assertThat(said).contains("Authorization").doesNotContain("Bearer"));
        Files.writeString(folder.resolve("token.txt"), "Bearer t0ken");
        assertThat(bare.obstacle(webhook(), folder)).contains("the variable SECRET is not set");
        assertThat(webhooks().obstacle(webhook(), folder)).isEmpty();
    }

    /** Webhooks know doubles themselves. */
    private static final class NothingAsked implements Delivery.Asked {
        @Override
        public Optional<Instant> at() {
            throw new UnsupportedOperationException();
        }

        @Override
        public void note(Instant now) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void forget() {
            throw new UnsupportedOperationException();
        }
    }
}
