package dev.cairn.daemon;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.function.Supplier;

/** What the daemon answers over HTTP, on loopback only: {@code /metrics} and {@code /health}. */
final class HttpPort implements AutoCloseable {
    private static final String TEXT = "text/plain; version=0.0.4; charset=utf-8";

    private final HttpServer server;

    private HttpPort(HttpServer server) {
        this.server = server;
    }

    /**
     * @param port 0 for any that is free
     * @param metrics in the text format of Prometheus
     */
    static HttpPort open(int port, Supplier<String> metrics) throws IOException, DaemonException {
        try {
            HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 16);
            server.createContext("/metrics", exchange -> answer(exchange, "/metrics", metrics));
            server.createContext("/health", exchange -> answer(exchange, "/health", () -> "ok\n"));
            server.start();
            return new HttpPort(server);
        } catch (BindException e) {
            throw new DaemonException(
                    "port " + port + " on loopback is taken: " + e.getMessage()
                            + ". Choose another with --http, or 0 for any",
                    e);
        }
    }

    String address() {
        return "http://" + server.getAddress().getAddress().getHostAddress() + ":"
                + server.getAddress().getPort();
    }

    private static void answer(HttpExchange exchange, String path, Supplier<String> text) throws IOException {
        try (exchange) {
            boolean known = exchange.getRequestURI().getPath().equals(path)
                    && exchange.getRequestMethod().equals("GET");
            byte[] body = (known ? text.get() : "not here\n").getBytes(StandardCharsets.UTF_8);
            exchange.getResponseHeaders().set("Content-Type", TEXT);
            exchange.sendResponseHeaders(known ? 200 : 404, body.length);
            try (OutputStream out = exchange.getResponseBody()) {
                out.write(body);
            }
        }
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
