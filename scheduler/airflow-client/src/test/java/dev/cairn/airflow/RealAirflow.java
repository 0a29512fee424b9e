package dev.cairn.airflow;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;

/** A real Airflow server on loopback, from PyPI, started by {@code src/test/airflow/server}. */
public final class RealAirflow implements ServerContract.Server, AutoCloseable {
    private static final Path SCRIPT = Path.of("src/test/airflow/server").toAbsolutePath();

    private final String version;
    private final Path folder;
    private final int port;
    private final Process process;
    private final AirflowClient client;

    private RealAirflow(String version, Path folder, int port, Process process) throws IOException {
        this.version = version;
        this.folder = folder;
        this.port = port;
        this.process = process;
        this.client = AirflowClient.connect(settings());
    }

    /** Starts it with the DAGs of {@code src/test/airflow/dags} and waits until it has read them. */
    public static RealAirflow start(String version, Path folder) throws IOException {
        return start(version, folder, Map.of());
    }

    /** With variables that its tasks see too; DAGs that lie in {@code folder/dags} are read as well. */
    public static RealAirflow start(String version, Path folder, Map<String, String> environment) throws IOException {
        int port = freePort();
        Files.createDirectories(folder);
        ProcessBuilder builder = new ProcessBuilder(
                        SCRIPT.toString(), version, folder.toString(), Integer.toString(port))
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("server.log").toFile());
        builder.environment().putAll(environment);
        Process process = builder.start();
        RealAirflow airflow = new RealAirflow(version, folder, port, process);
        try {
            Awaitility.await()
                    .atMost(Duration.ofMinutes(6))
                    .pollInterval(Duration.ofMillis(500))
                    .until(airflow::hasReadItsDags);
        } catch (RuntimeException e) {
            airflow.close();
            throw e;
        }
        return airflow;
    }

    private boolean hasReadItsDags() throws IOException {
        if (!process.isAlive()) {
            throw new AssertionError(
                    "the server has ended: " + Files.readString(folder.resolve("server.log")) + "; see " + folder);
        }
        try {
            return client.health().isHealthy()
                    && client.dags().list(DagQuery.like("contract")).count() == 1
                    && client.dags().list(DagQuery.like("on_asset")).count() == 1
                    && client.dags().importErrors().count() == 1;
        } catch (AirflowException | UncheckedIOException notYet) {
            return false;
        }
    }

    @Override
    public String version() {
        return version;
    }

    public Path folder() {
        return folder;
    }

    @Override
    public String address() {
        return "http://127.0.0.1:" + port;
    }

    /** As user {@code admin}. */
    public ConnectionSettings settings() {
        return ConnectionSettings.of(address(), Credentials.password("admin", () -> "admin"))
                .withRetries(1);
    }

    @Override
    public AirflowClient client() {
        return client;
    }

    @Override
    public DagRun ended(String dag, String run) {
        return Awaitility.await("end of " + dag + " " + run)
                .atMost(Duration.ofMinutes(4))
                .pollInterval(Duration.ofMillis(500))
                .until(
                        () -> client.dagRuns().find(dag, run),
                        found -> found.filter(r -> r.state().isFinal()).isPresent())
                .orElseThrow();
    }

    static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    /** Returns when nothing of it runs any more: the script ends last. */
    @Override
    public void close() {
        client.close();
        process.destroy();
        try {
            if (!process.waitFor(1, TimeUnit.MINUTES)) {
                process.destroyForcibly();
                throw new AssertionError("the server does not end; see " + folder);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
