package dev.cairn.http.internal.server;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.cairn.http.access.Listening;
import dev.cairn.http.access.Tokens;
import dev.cairn.schedule.store.StateFolder;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import okhttp3.tls.HandshakeCertificates;
import okhttp3.tls.HeldCertificate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Over sockets, since a client library does not send what an attacker does. */
final class HttpPortTest {
    private static final int SLOW = 1000;
    private static final int PATIENCE_MILLIS = 30_000;

    @TempDir
    Path folder;

    private HttpPort port;
    private int number;
    private final List<Socket> open = new ArrayList<>();

    @BeforeEach
    void open() throws Exception {
        open(Listening.onLoopback(0));
    }

    private void open(Listening where) throws Exception {
        Tokens tokens = Tokens.of(new StateFolder(folder), Clock.systemUTC());
        List<Route> routes = List.of(
                Route.get("/metrics", "", request -> Response.text(200, Response.TEXT, "cairn_runs_active 0\n"))
                        .open(),
                Route.get("/health", "", request -> Response.text(200, Response.TEXT, "ok\n"))
                        .open());
        port = HttpPort.open(where, routes, tokens, said -> {});
        number = URI.create(port.address()).getPort();
    }

    @AfterEach
    void close() throws IOException {
        for (Socket socket : open) {
            socket.close();
        }
        port.close();
    }

    private Socket send(String text) throws IOException {
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), number);
        open.add(socket);
        socket.setSoTimeout(PATIENCE_MILLIS);
        socket.getOutputStream().write(text.getBytes(US_ASCII));
        return socket;
    }

    private String ask(String request) throws IOException {
        Socket socket = send(request);
        socket.shutdownOutput();
        return new String(socket.getInputStream().readAllBytes(), US_ASCII);
    }

    private String get(String path, String... headers) throws IOException {
        return ask("GET " + path + " HTTP/1.1\r\nConnection: close\r\n" + String.join("\r\n", headers) + "\r\n\r\n");
    }

    @Test
    void answersWhileAThousandClientsHaveSentHalfARequest() throws Exception {
        for (int i = 0; i < SLOW; i++) {
            send(
                    i % 2 == 0
                            ? "GET /health HTTP/1.1\r\nHost: loc"
                            : "POST /health HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n1");
        }
        List<Long> millis = new ArrayList<>();
        for (int i = 0; i < 21; i++) {
            long start = System.nanoTime();
            assertThat(get("/health", "Host: localhost"))
                    .startsWith("HTTP/1.1 200 ")
                    .endsWith("ok\n");
            millis.add((System.nanoTime() - start) / 1_000_000);
        }
        millis.sort(null);
        assertThat(millis.get(millis.size() / 2)).as("median of %s ms", millis).isLessThan(100);
    }

    @Test
    void answersHttpsWithTheCertificateThatItIsGiven() throws Exception {
        HeldCertificate held = new HeldCertificate.Builder()
                .addSubjectAlternativeName("127.0.0.1")
                .build();
        Path certificate = Files.writeString(folder.resolve("cert.pem"), held.certificatePem());
        Path key = Files.writeString(folder.resolve("key.pem"), held.privateKeyPkcs8Pem());
        port.close();
        open(Listening.onLoopback(0).with(Optional.of(new Listening.Tls(certificate, key)), Set.of()));
        assertThat(port.address()).startsWith("https://127.0.0.1:");
        HttpClient client = HttpClient.newBuilder()
                .sslContext(new HandshakeCertificates.Builder()
                        .addTrustedCertificate(held.certificate())
                        .build()
                        .sslContext())
                .build();
        URI health = URI.create(port.address() + "/health");
        assertThat(client.send(HttpRequest.newBuilder(health).build(), HttpResponse.BodyHandlers.ofString())
                        .body())
                .isEqualTo("ok\n");
        assertThat(get("/health", "Host: localhost")).as("without TLS").doesNotContain("ok");
    }

    @Test
    void namesWhatIsWrongWithTheFilesForTls() throws Exception {
        HeldCertificate held = new HeldCertificate.Builder().rsa2048().build();
        Path certificate = Files.writeString(folder.resolve("cert.pem"), held.certificatePem());
        Path oldKey = Files.writeString(folder.resolve("old.pem"), held.privateKeyPkcs1Pem());
        Path other = Files.writeString(
                folder.resolve("other.pem"),
                new HeldCertificate.Builder().build().privateKeyPkcs8Pem());
        assertThatThrownBy(() -> withTls(certificate, oldKey))
                .hasMessageContaining("old.pem holds no unencrypted PKCS #8");
        assertThatThrownBy(() -> withTls(oldKey, certificate)).hasMessageContaining("old.pem");
        assertThatThrownBy(() -> withTls(certificate, folder.resolve("none"))).hasMessageContaining("none");
        assertThatThrownBy(() -> withTls(certificate, other)).hasMessageContaining("other.pem is not the key");
    }

    private void withTls(Path certificate, Path key) throws Exception {
        open(Listening.onLoopback(0).with(Optional.of(new Listening.Tls(certificate, key)), Set.of()));
    }

    @Test
    void isCalledByTheNamesThatItIsGiven() throws Exception {
        port.close();
        open(Listening.onLoopback(0).with(Optional.empty(), Set.of("cairn.example")));
        assertThat(get("/metrics", "Host: Cairn.example", "Origin: https://cairn.example"))
                .startsWith("HTTP/1.1 200 ");
        assertThat(get("/metrics", "Host: other.example")).startsWith("HTTP/1.1 403 ");
        assertThat(get("/metrics", "Host: cairn.example", "Origin: https://other.example"))
                .startsWith("HTTP/1.1 403 ");
    }

    @Test
    void givesUpARequestThatDoesNotComeToItsEnd() throws Exception {
        Socket slow = send("GET /health HTTP/1.1\r\nHost: loc");
        assertThat(slow.getInputStream().read()).as("the server hangs up").isEqualTo(-1);
    }

    @Test
    void doesNotReadHeadersWithoutEnd() throws Exception {
        Socket socket = send("GET /health HTTP/1.1\r\nHost: localhost\r\n");
        byte[] line = ("X: " + "x".repeat(1000) + "\r\n").getBytes(US_ASCII);
        int sent = 0;
        try {
            while (sent < 10_000) {
                socket.getOutputStream().write(line);
                sent++;
            }
        } catch (IOException hungUp) {
            assertThat(hungUp).isNotNull();
        }
        assertThat(sent).as("lines of 1 kB that it took").isLessThan(10_000);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "localhost",
                "LOCALHOST:1",
                "127.0.0.1",
                "127.0.0.1:9464",
                "127.1.2.3:80",
                "[::1]",
                "[::1]:9464",
            })
    void isCalledByTheNamesOfLoopback(String host) throws Exception {
        assertThat(get("/metrics", "Host: " + host)).startsWith("HTTP/1.1 200 ").endsWith("cairn_runs_active 0\n");
        assertThat(get("/metrics", "Host: " + host, "Origin: http://" + host)).startsWith("HTTP/1.1 200 ");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "evil.example",
                "evil.example:9464",
                "localhost.evil.example",
                "127.0.0.1.evil.example",
                "evil@localhost",
                "localhost@evil.example",
                "localhost:80:80",
                "10.0.0.1",
                "0.0.0.0",
                "[::2]",
                "localhost/",
                "",
            })
    void refusesTheNamesOfOthers(String host) throws Exception {
        assertThat(get("/metrics", "Host: " + host)).startsWith("HTTP/1.1 403 ").doesNotContain("cairn_runs");
    }

    @ParameterizedTest
    @CsvSource({
        "''",
        "Connection: close",
        "'Host: localhost\r\nHost: evil.example'",
        "'Host: localhost\r\nHost: localhost'",
    })
    void refusesARequestWithoutOneHost(String headers) throws Exception {
        assertThat(get("/metrics", "X-Other: 1" + (headers.isEmpty() ? "" : "\r\n" + headers)))
                .startsWith("HTTP/1.1 400 ")
                .doesNotContain("cairn_runs");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "http://evil.example",
                "http://localhost:3000",
                "https://localhost.evil.example",
                "null",
                "file://localhost",
                "%",
                "",
            })
    void refusesPagesOfOtherSites(String origin) throws Exception {
        assertThat(get("/metrics", "Host: localhost", "Origin: " + origin))
                .startsWith("HTTP/1.1 403 ")
                .doesNotContain("cairn_runs");
    }

    @ParameterizedTest
    @ValueSource(strings = {"Content-Length: 65537", "Content-Length: 99999999999", "Transfer-Encoding: chunked"})
    void refusesABodyThatNoCallTakes(String header) throws Exception {
        assertThat(ask("POST /health HTTP/1.1\r\nHost: localhost\r\n" + header + "\r\n\r\n0\r\n\r\n"))
                .startsWith("HTTP/1.1 413 ");
    }
}
