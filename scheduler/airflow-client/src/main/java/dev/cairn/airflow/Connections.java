package dev.cairn.airflow;

import dev.cairn.tls.Trust;
import dev.cairn.wire.BoundedAnswers;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.URI;
import java.util.concurrent.TimeUnit;
import okhttp3.ConnectionPool;
import okhttp3.OkHttpClient;

/**
 * The two HTTP clients. Neither repeats or redirects a request by itself.
 *
 * @param reading keeps connections for the next call
 * @param writing uses a new connection for each call, because a request lost in a dead connection looks like one that
 *     was carried out
 */
record Connections(OkHttpClient reading, OkHttpClient writing) {

    /** @throws IOException if the certificates cannot be read */
    static Connections with(ConnectionSettings settings) throws IOException {
        OkHttpClient.Builder builder = BoundedAnswers.client()
                .connectTimeout(settings.connectTimeout())
                .readTimeout(settings.readTimeout())
                .writeTimeout(settings.readTimeout())
                .retryOnConnectionFailure(false)
                .followRedirects(false)
                .followSslRedirects(false);
        if (settings.certificates().isPresent()) {
            Trust trust = Trust.with(settings.certificates().get());
            builder.sslSocketFactory(trust.sockets(), trust.manager());
        }
        if (settings.proxy().isPresent()) {
            URI proxy = settings.proxy().get();
            int port = proxy.getPort() < 0 ? 8080 : proxy.getPort();
            builder.proxy(new Proxy(Proxy.Type.HTTP, InetSocketAddress.createUnresolved(proxy.getHost(), port)));
        }
        OkHttpClient reading = builder.build();
        return new Connections(
                reading,
                reading.newBuilder()
                        .connectionPool(new ConnectionPool(0, 1, TimeUnit.SECONDS))
                        .build());
    }

    /** Frees the threads and connections; calls under way end with an error. */
    void close() {
        reading.dispatcher().cancelAll();
        reading.dispatcher().executorService().shutdown();
        reading.connectionPool().evictAll();
        writing.connectionPool().evictAll();
    }
}
