package dev.cairn.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cairn.airflow.AirflowClient;
import dev.cairn.airflow.ConnectionSettings;
import dev.cairn.airflow.Credentials;
import dev.cairn.airflow.DagRun;
import dev.cairn.airflow.ServerContract;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.json.JsonMapper;

/** The Airflow-compatible API of a daemon: our client's contract, and a script of the official Python client. */
final class AirflowApiTest {
    private static final String CLIENT = "apache-airflow-client==3.1.8";
    private static final Path SCRIPT =
            Path.of("src/test/python/official_client.py").toAbsolutePath();

    @TempDir
    static Path folder;

    private static CairnProcess daemon;
    private static Served server;

    /** @param client logged in */
    private record Served(String address, String token, AirflowClient client) implements ServerContract.Server {
        @Override
        public String version() {
            return "3.0.0+cairn.0.1.0-SNAPSHOT";
        }

        @Override
        public DagRun ended(String dag, String run) throws Exception {
            return client.dagRuns().await(dag, run, Duration.ofSeconds(2), Duration.ofMinutes(1), seen -> {});
        }
    }

    @BeforeAll
    static void start() throws Exception {
        flow("contract", """
                inputs: {n: {type: integer, default: 1}}
                steps:
                  - id: first
                    outputs: {return_value: "${{ run.dir }}/first.json"}
                    run: |
                      echo hello from first
                      echo "it's a \\"quoted\\" line"
                      echo '{"n": ${{ inputs.n }}}' > "$CAIRN_RUN_DIR/first.json"
                  - id: second
                    needs: [first]
                    outputs: {return_value: "${{ run.dir }}/second"}
                    run: echo $((${{ inputs.n }} + 1)) > "$CAIRN_RUN_DIR/second"
                """);
        flow("fragile", """
                inputs: {good_try: {type: integer, default: 1}}
                steps:
                  - id: works
                    run: "true"
                  - id: breaks
                    needs: [works]
                    run: test "$CAIRN_ATTEMPT" -ge ${{ inputs.good_try }}
                """);
        flow("slow", """
                steps:
                  - id: sleeps
                    run: sleep 300
                """);
        flow("long", """
                defaults: {checkpoint: {every: never}}
                steps:
                  - id: count
                    run: |
                      exec 3>> counted
                      for i in $(seq 1 1000); do
                        echo line $i
                        echo $i >&3
                        sleep 0.02
                        if [ $i = 100 ]; then until [ -e go ]; do sleep 0.02; done; fi
                        if [ $i = 200 ] && [ ! -e mended ]; then exit 3; fi
                      done
                """);
        daemon = CairnProcess.startDaemon(folder, environment(), "--http", "0");
        String address = JsonMapper.shared()
                .readTree(cairn("daemon", "status", "--json").out())
                .path("http")
                .asString();
        String token = cairn("daemon", "token").out().strip();
        server = new Served(
                address,
                token,
                AirflowClient.connect(ConnectionSettings.of(address, Credentials.password("any", () -> token))));
    }

    private static void flow(String name, String rest) throws Exception {
        Path file = folder.resolve(name + ".yaml");
        Files.writeString(file, "name: " + name + "\nschedule: {cron: '@yearly'}\n" + rest);
        assertThat(cairn("schedule", "add", file.toString()).err()).doesNotContain("problem");
    }

    @AfterAll
    static void stop() throws Exception {
        server.client().close();
        daemon.signal("TERM");
        daemon.await();
        daemon.close();
    }

    private static Map<String, String> environment() {
        return Map.of("XDG_STATE_HOME", folder.resolve("state").toString());
    }

    private static CairnProcess.Outcome cairn(String... words) throws Exception {
        return CairnProcess.run(folder, environment(), words);
    }

    @Test
    void tellsItsVersionAndHealth() throws Exception {
        ServerContract.versionAndHealth(server);
    }

    @Test
    void listsGetsAndPausesDags() throws Exception {
        ServerContract.dags(server);
    }

    @Test
    void runsADagItsTasksLogsAndXCom() throws Exception {
        ServerContract.runs(server);
    }

    @Test
    void clearsWhatFailed() throws Exception {
        ServerContract.clears(server);
    }

    @Test
    void cancelsByFailing() throws Exception {
        ServerContract.cancels(server);
    }

    @Test
    void namesItsErrors() throws Exception {
        ServerContract.errors(server);
    }

    /** From PyPI, so that it needs the network. */
    @Test
    @EnabledIfSystemProperty(named = "cairn.long", matches = "true")
    void theOfficialClientTriggersFollowsReadsAndClears() throws Exception {
        Path python = Path.of("target/official-client/bin/python").toAbsolutePath();
        if (!Files.exists(python)) {
            run("python3", "-m", "venv", "target/official-client");
            run(python.toString(), "-m", "pip", "-q", "install", CLIENT);
        }
        assertThat(run(python.toString(), SCRIPT.toString(), server.address(), server.token(), folder.toString()))
                .contains("resumed from image");
    }

    private static String run(String... command) throws IOException, InterruptedException {
        Path out = Files.createTempFile(folder, "out", "");
        Process process = new ProcessBuilder(List.of(command))
                .redirectErrorStream(true)
                .redirectOutput(out.toFile())
                .start();
        assertThat(process.waitFor(5, TimeUnit.MINUTES)).isTrue();
        String said = Files.readString(out);
        assertThat(process.exitValue()).as(said).isZero();
        return said;
    }
}
