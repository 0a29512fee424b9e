package dev.cairn.daemon;

import com.sun.net.httpserver.HttpContext;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * What the daemon answers over HTTP, on loopback only: {@code /metrics} and {@code /health}.
 *
 * <p>The server is the JDK's: it adds nothing to the program's start. It reads a request in the thread that answers it, so each connection that
 * has begun a request has a thread of its own, and a client that sends slowly holds up itself alone. Connections, the time for a request
 * and for its answer, and the size of what is read are bounded.
 */
final class HttpPort implements AutoCloseable {
    private static final String TEXT = "text/plain; version=0.0.4; charset=utf-8";
    private static final int WAITING_CONNECTIONS = 1024;
    /** At most one per connection. */
    private static final int THREADS = 2048;

    /** Kilobytes: what answers here does not go deep. */
    private static final int STACK = 256;

    /** The JDK's server has them as properties of the whole Java, read at its first use; times are seconds. */
    private static final Map<String, String> BOUNDS = Map.of(
            "jdk.httpserver.maxConnections", Integer.toString(THREADS),
            "sun.net.httpserver.maxReqTime", "10",
            "sun.net.httpserver.maxRspTime", "60",
            "sun.net.httpserver.idleInterval", "30",
            "sun.net.httpserver.maxReqHeaders", "64",
            "sun.net.httpserver.maxReqHeaderSize", Integer.toString(32 * 1024),
            "sun.net.httpserver.drainAmount", Long.toString(RequestGuard.LARGEST_BODY));

    static {
        BOUNDS.forEach((name, value) -> {
            if (System.getProperty(name) == null) {
                System.setProperty(name, value);
            }
        });
    }

    private final HttpServer server;
    private final ExecutorService threads;

    private HttpPort(HttpServer server, ExecutorService threads) {
        this.server = server;
        this.threads = threads;
    }

    /**
     * @param port 0 for any that is free
     * @param metrics in the text format of Prometheus
     */
    static HttpPort open(int port, Supplier<String> metrics) throws IOException, DaemonException {
        try {
            InetAddress loopback = InetAddress.getLoopbackAddress();
            HttpServer server = HttpServer.create(new InetSocketAddress(loopback, port), WAITING_CONNECTIONS);
            ExecutorService threads = new ThreadPoolExecutor(
                    1, THREADS, 10, TimeUnit.SECONDS, new SynchronousQueue<>(), HttpPort::thread);
            server.setExecutor(threads);
            RequestGuard guard = new RequestGuard(loopback);
            add(server, guard, "/metrics", metrics);
            add(server, guard, "/health", () -> "ok\n");
            server.start();
            return new HttpPort(server, threads);
        } catch (BindException e) {
            throw new DaemonException(
                    "port " + port + " on loopback is taken: " + e.getMessage()
                            + ". Choose another with --http, or 0 for any",
                    e);
        }
    }

    private static Thread thread(Runnable work) {
        Thread thread = new Thread(null, work, "http", STACK * 1024L);
        thread.setDaemon(true);
        return thread;
    }

    private static void add(HttpServer server, RequestGuard guard, String path, Supplier<String> text) {
        HttpContext context = server.createContext(path, exchange -> answer(exchange, path, text));
        context.getFilters().add(guard);
    }

    String address() {
        return "http://" + server.getAddress().getAddress().getHostAddress() + ":"
                + server.getAddress().getPort();
    }

    private static void answer(HttpExchange exchange, String path, Supplier<String> text) throws IOException {
        boolean known = exchange.getRequestURI().getPath().equals(path)
                && exchange.getRequestMethod().equals("GET");
        send(exchange, known ? 200 : 404, known ? text.get() : "not here\n");
    }

    static void send(HttpExchange exchange, int status, String text) throws IOException {
        try (exchange) {
            byte[] body = text.getBytes(StandardCharsets.UTF_8);
            exchange.getResponseHeaders().set("Content-Type", TEXT);
            exchange.getResponseHeaders().set("X-Content-Type-Options", "nosniff");
            exchange.sendResponseHeaders(status, body.length);
            try (OutputStream out = exchange.getResponseBody()) {
                out.write(body);
            }
        }
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }
}
