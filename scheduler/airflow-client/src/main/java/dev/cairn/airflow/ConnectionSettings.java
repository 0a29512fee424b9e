package dev.cairn.airflow;

import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/**
 * The address of an Airflow server and the settings of the connection; immutable.
 *
 * @param address e.g. {@code https://airflow.example.org/base}; a trailing slash and {@code /api/v1} or {@code /api/v2}
 *     are removed
 * @param version empty: the client asks the server
 * @param certificates a PEM file with trusted certificates in addition to the JDK's, for a private CA or a self-signed
 *     server
 * @param proxy e.g. {@code http://proxy:3128}; empty for the JVM's choice ({@code https.proxyHost} and its like)
 * @param connectTimeout per try
 * @param readTimeout longest silence of the server
 * @param retries how often a call is repeated at most if that is safe; the pauses grow
 */
public record ConnectionSettings(
        URI address,
        Credentials credentials,
        Optional<ApiVersion> version,
        Optional<Path> certificates,
        Optional<URI> proxy,
        Duration connectTimeout,
        Duration readTimeout,
        int retries) {

    /** @throws IllegalArgumentException for an address that is no http or https URL, and for a proxy that cannot be used */
    public ConnectionSettings {
        address = Addresses.base(address);
        proxy = proxy.map(Addresses::proxy);
    }

    /** Settings with 10 s to connect, 60 s of silence and 4 retries. */
    public static ConnectionSettings of(String address, Credentials credentials) {
        return new ConnectionSettings(
                URI.create(address),
                credentials,
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Duration.ofSeconds(10),
                Duration.ofSeconds(60),
                4);
    }

    public ConnectionSettings withVersion(ApiVersion known) {
        return new ConnectionSettings(
                address, credentials, Optional.of(known), certificates, proxy, connectTimeout, readTimeout, retries);
    }

    public ConnectionSettings trusting(Path pemFile) {
        return new ConnectionSettings(
                address, credentials, version, Optional.of(pemFile), proxy, connectTimeout, readTimeout, retries);
    }

    public ConnectionSettings through(URI proxyAddress) {
        return new ConnectionSettings(
                address,
                credentials,
                version,
                certificates,
                Optional.of(proxyAddress),
                connectTimeout,
                readTimeout,
                retries);
    }

    public ConnectionSettings withTimeouts(Duration connect, Duration read) {
        return new ConnectionSettings(address, credentials, version, certificates, proxy, connect, read, retries);
    }

    public ConnectionSettings withRetries(int atMost) {
        return new ConnectionSettings(
                address, credentials, version, certificates, proxy, connectTimeout, readTimeout, atMost);
    }
}
