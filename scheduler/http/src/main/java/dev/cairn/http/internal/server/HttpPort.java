package dev.cairn.http.internal.server;

import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import dev.cairn.daemon.DaemonException;
import dev.cairn.http.access.Listening;
import dev.cairn.http.access.Tokens;
import java.io.IOException;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import javax.net.ssl.SSLContext;

/**
 * The port of the API and its pages.
 *
 * <p>It uses the JDK's server, which supports the necessary limits and does not slow down the program's start. It reads
 * a request in the thread that answers it, so each connection that has begun a request has a thread of its own, and a
 * slow client delays only itself. The number of connections, the times for a request and its answer, and the size of a
 * request are limited.
 */
public final class HttpPort implements AutoCloseable {
    private static final int WAITING_CONNECTIONS = 1024;
    /** At most one per connection. */
    private static final int THREADS = 2048;

    /** Kilobytes of a thread's stack: the handlers make no deep calls. */
    private static final int STACK = 256;

    /** The JDK's server reads these limits from system properties at its first use; times are in seconds. */
    private static final Map<String, String> BOUNDS = Map.of(
            "jdk.httpserver.maxConnections", Integer.toString(THREADS),
            "sun.net.httpserver.maxReqTime", "10",
            "sun.net.httpserver.maxRspTime", "60",
            "sun.net.httpserver.idleInterval", "30",
            "sun.net.httpserver.maxReqHeaders", "64",
            "sun.net.httpserver.maxReqHeaderSize", Integer.toString(32 * 1024),
            "sun.net.httpserver.drainAmount", Long.toString(Request.LARGEST_BODY));

    static {
        BOUNDS.forEach((name, value) -> {
            if (System.getProperty(name) == null) {
                System.setProperty(name, value);
            }
        });
    }

    private final boolean tls;
    private final HttpServer server;
    private final ExecutorService threads;

    private HttpPort(boolean tls, HttpServer server, ExecutorService threads) {
        this.tls = tls;
        this.server = server;
        this.threads = threads;
    }

    /**
     * @param routes in the order in which they are tried
     * @param tell writes a line to the daemon's log
     * @throws DaemonException if the port is taken
     * @throws IOException if the files for TLS cannot be used
     */
    public static HttpPort open(Listening where, List<Route> routes, Tokens tokens, Consumer<String> tell)
            throws IOException, DaemonException {
        InetSocketAddress address = new InetSocketAddress(where.address(), where.port());
        try {
            HttpServer server = where.tls().isPresent()
                    ? withTls(
                            HttpsServer.create(address, WAITING_CONNECTIONS),
                            TlsFiles.context(where.tls().get()))
                    : HttpServer.create(address, WAITING_CONNECTIONS);
            ExecutorService threads = new ThreadPoolExecutor(
                    1, THREADS, 10, TimeUnit.SECONDS, new SynchronousQueue<>(), HttpPort::thread);
            server.setExecutor(threads);
            server.createContext("/", new Router(routes, tokens, where.tls().isPresent(), tell))
                    .getFilters()
                    .add(new RequestGuard(where));
            server.start();
            return new HttpPort(where.tls().isPresent(), server, threads);
        } catch (BindException e) {
            throw new DaemonException(
                    "port " + where.port() + " of " + where.address().getHostAddress() + " is taken: " + e.getMessage()
                            + ". Choose another with --http, or 0 for any",
                    e);
        }
    }

    private static HttpServer withTls(HttpsServer server, SSLContext context) {
        server.setHttpsConfigurator(new HttpsConfigurator(context));
        return server;
    }

    private static Thread thread(Runnable work) {
        Thread thread = new Thread(null, work, "http", STACK * 1024L);
        thread.setDaemon(true);
        return thread;
    }

    public String address() {
        String host = server.getAddress().getAddress().getHostAddress();
        return (tls ? "https://" : "http://")
                + (host.contains(":") ? "[" + host + "]" : host)
                + ":" + server.getAddress().getPort();
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }
}
