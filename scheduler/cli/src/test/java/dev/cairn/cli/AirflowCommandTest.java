package dev.cairn.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.cairn.airflow.AirflowDouble;
import dev.cairn.airflow.AirflowDouble.Fault;
import dev.cairn.cli.shared.Console;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code cairn airflow}, and what it says about connections. */
final class AirflowCommandTest {
    @TempDir
    Path folder;

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();
    private final Map<String, String> environment = new HashMap<>();
    private AirflowDouble airflow;

    @BeforeEach
    void start() throws IOException {
        airflow = new AirflowDouble();
        environment.putAll(airflow.environment());
    }

    @AfterEach
    void stop() {
        airflow.close();
    }

    private int cairn(String... arguments) {
        out.reset();
        err.reset();
        Console console =
                new Console(new PrintStream(out, true, UTF_8), new PrintStream(err, true, UTF_8), environment, folder);
        return new CommandTree(console).execute(arguments);
    }

    private String out() {
        return out.toString(UTF_8);
    }

    private String err() {
        return err.toString(UTF_8);
    }

    @Test
    void checksEveryConnection() {
        environment.put("CAIRN_AIRFLOW_OTHER_URL", airflow.address());
        assertThat(cairn("airflow", "check")).isEqualTo(1);
        assertThat(out())
                .contains("fake: Airflow 3.99.0, healthy, login accepted\n")
                .contains("other: ")
                .contains("401");
        assertThat(cairn("airflow", "check", "fake", "--json")).isZero();
        assertThat(out())
                .startsWith(
                        "{\"connections\":[{\"connection\":\"fake\",\"ok\":true,\"version\":\"3.99.0\",\"health\":{");
    }

    @Test
    void saysHowToNameAConnection() {
        environment.clear();
        assertThat(cairn("airflow", "check")).isEqualTo(66);
        assertThat(cairn("airflow", "dags", "prod")).isEqualTo(2);
        assertThat(err())
                .contains("no Airflow connection \"prod\"")
                .contains("CAIRN_AIRFLOW_PROD_URL")
                .contains("config.yaml");
    }

    @Test
    void readsConnectionsFromTheHomeWithSecretsByReferenceOnly() throws IOException {
        environment.clear();
        Path home = Files.createDirectories(folder.resolve(".cairn"));
        Files.writeString(home.resolve("config.yaml"), """
                daemon: {other: things}
                airflow:
                  connections:
                    prod:
                      url: %sapi/v2
                      user: admin
                      password: {file: secret.txt}
                """.formatted(airflow.address()));
        assertThat(cairn("airflow", "check", "prod")).isEqualTo(1);
        assertThat(out()).contains("secret.txt cannot be read");
        Files.writeString(home.resolve("secret.txt"), "secret\n");
        assertThat(cairn("airflow", "check", "prod")).isZero();

        Files.writeString(home.resolve("config.yaml"), """
                airflow:
                  connections:
                    prod: {url: "http://localhost:1", user: admin, password: secret}
                    next: {ur1: "http://localhost:1"}
                """);
        assertThat(cairn("airflow", "dags", "prod")).isEqualTo(2);
        assertThat(err())
                .contains("config.yaml:3:62: airflow.connections.prod.password: secrets are not written down here")
                .contains("config.yaml:4:12: airflow.connections.next.ur1: unknown key");
    }

    @Test
    void listsDagsAndUnpauses() {
        airflow.dag(dag -> dag.put("is_paused", true));
        assertThat(cairn("airflow", "dags", "fake")).isZero();
        assertThat(out()).contains("d    paused  well");
        assertThat(cairn("airflow", "dags", "fake", "--unpause", "d", "--json")).isZero();
        assertThat(out()).contains("{\"dag\":\"d\",\"paused\":false,\"active\":true,\"import_errors\":false}");
    }

    @Test
    void triggersOncePerRunId() {
        assertThat(cairn("airflow", "trigger", "fake", "d", "--run-id", "mine", "--conf", "{\"n\": 1}", "--wait"))
                .isZero();
        assertThat(out()).isEqualTo("mine\n");
        assertThat(cairn("airflow", "trigger", "fake", "d", "--run-id", "mine", "--json"))
                .isZero();
        assertThat(out()).startsWith("{\"dag\":\"d\",\"dag_run\":\"mine\",\"state\":\"success\"");
        assertThat(airflow.triggers()).containsExactly("mine");
        assertThat(cairn("airflow", "trigger", "fake", "d", "--conf", "[1]")).isEqualTo(2);
        assertThat(err()).contains("--conf must be a JSON object");
    }

    @Test
    void listsRunsAndPrintsLogs() {
        cairn("airflow", "trigger", "fake", "d", "--run-id", "mine", "--wait");
        assertThat(cairn("airflow", "runs", "fake", "d")).isZero();
        assertThat(out()).contains("mine").contains("success");
        assertThat(cairn("airflow", "logs", "fake", "d", "mine")).isZero();
        assertThat(out()).isEqualTo("t | written by the task\n");
        assertThat(cairn("airflow", "logs", "fake", "d", "mine", "t")).isZero();
        assertThat(out()).isEqualTo("written by the task\n");
        assertThat(cairn("airflow", "logs", "fake", "d", "mine", "other")).isEqualTo(66);
        assertThat(cairn("airflow", "logs", "fake", "d", "none")).isEqualTo(66);
        assertThat(err()).contains("The DagRun was not found");
    }

    @Test
    void tellsADagWithoutRunsFromOneThatIsNotThere() {
        assertThat(cairn("airflow", "runs", "fake", "d")).isZero();
        assertThat(cairn("airflow", "runs", "fake", "other")).isEqualTo(66);
        assertThat(err()).contains("no such DAG");
    }

    @Test
    void theCommandsOfTheDocsSucceed() throws IOException {
        environment.putAll(airflow.environment("PROD"));
        airflow.dag(dag -> dag.put("dag_id", "publish_model"));
        String page = Files.readString(Path.of("../docs/airflow.md"));
        Matcher block = Pattern.compile("<!-- tested -->\n```sh\n(.*?)```", Pattern.DOTALL)
                .matcher(page);
        assertThat(block.find()).isTrue();
        block.group(1)
                .lines()
                .forEach(line -> assertThat(
                                cairn(line.substring("./cairn ".length()).split(" ")))
                        .as(line + "\n" + err())
                        .isZero());
        assertThat(airflow.triggers()).containsExactly("by-hand-1");
    }

    @Test
    void theStepOfTheDocsIsValid() throws IOException {
        Matcher yaml = Pattern.compile("```yaml\n(steps:.*?)```", Pattern.DOTALL)
                .matcher(Files.readString(Path.of("../docs/airflow.md")));
        int steps = 0;
        while (yaml.find()) {
            Files.writeString(folder.resolve("flow.yaml"), yaml.group(1));
            assertThat(cairn("validate", folder.resolve("flow.yaml").toString()))
                    .as(err())
                    .isZero();
            steps++;
        }
        assertThat(steps).isPositive();
    }

    /** Start-up is paid by every command. */
    @Test
    void aRunWithoutAirflowLoadsNothingOfTheClient() throws Exception {
        Files.writeString(folder.resolve("flow.yaml"), "steps: [{id: a, run: 'true', checkpoint: {engine: none}}]\n");
        Path loaded = folder.resolve("loaded.txt");
        try (CairnProcess cairn = CairnProcess.start(
                folder,
                Map.of("JAVA_TOOL_OPTIONS", "-Xlog:class+load:file=" + loaded),
                Path.of("/dev/null"),
                "run",
                "flow.yaml")) {
            assertThat(cairn.await().exitCode()).isZero();
        }
        assertThat(Files.readString(loaded))
                .contains("dev.cairn.run.")
                .doesNotContain("okhttp3.")
                .doesNotContain("kotlin.");
    }

    @Test
    void saysThatTheServerIsAway() {
        environment.put("CAIRN_AIRFLOW_FAKE_URL", "http://localhost:1");
        environment.put("CAIRN_AIRFLOW_FAKE_API", "v2");
        assertThat(cairn("airflow", "runs", "fake")).isEqualTo(69);
        assertThat(err()).contains("http://localhost:1").contains("no connection");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            PROXY        | proxy:3128            | "proxy:3128" is no address of a proxy; write e.g. http://
            PROXY        | http://u:p@proxy:3128 | a proxy that wants a user
            CERTIFICATES | nosuch.pem            | its certificates: the file
            TIMEOUT      | soon                  | timeout is e.g. 60s
            URL          | airflow.example.org   | is no address of an Airflow
            API          | v3                    | api is v1 or v2
            PASSWORD     | ''                    | its password: the variable CAIRN_AIRFLOW_FAKE_PASSWORD is not set
            TOKEN_FILE   | /nosuch               | its token: the file /nosuch cannot be read
            """)
    void saysWhatIsWrongWithAConnection(String key, String value, String said) {
        environment.put("CAIRN_AIRFLOW_FAKE_" + key, value);
        assertThat(cairn("airflow", "dags", "fake")).isEqualTo(2);
        assertThat(err()).startsWith("cairn: the Airflow connection \"fake\": ").contains(said);
    }

    @Test
    void aUserWithoutAPasswordIsNotNobody() {
        environment.remove("CAIRN_AIRFLOW_FAKE_PASSWORD");
        assertThat(cairn("airflow", "dags", "fake")).isEqualTo(2);
        assertThat(err()).contains("it has no password");
    }

    @Test
    void takesCertificatesOfTheEnvironmentFromHere() throws IOException {
        Path pem = Files.createTempFile(Path.of(""), "no", ".pem");
        try {
            environment.put("CAIRN_AIRFLOW_FAKE_CERTIFICATES", pem.toString());
            assertThat(cairn("airflow", "dags", "fake")).isEqualTo(74);
            assertThat(err()).contains(pem.toAbsolutePath() + " holds no certificate");
        } finally {
            Files.delete(pem);
        }
    }

    @Test
    void aTokenThatIsNoneIsNotSent() throws IOException {
        Path token = Files.writeString(folder.resolve("token"), "first line\nsecond line\n");
        environment.put("CAIRN_AIRFLOW_FAKE_TOKEN_FILE", token.toString());
        assertThat(cairn("airflow", "dags", "fake")).isEqualTo(69);
        assertThat(err()).contains("the token of this connection").doesNotContain("first line");
    }

    @Test
    void refusesARunIdThatAirflowDoesNotTake() {
        assertThat(cairn("airflow", "trigger", "fake", "d", "--run-id", "x".repeat(251)))
                .isEqualTo(2);
        assertThat(err()).contains("--run-id: a DAG run's id has 1 to 250 characters");
    }

    @Test
    void saysHowToAskAgainWhenTheAnswerToATriggerIsLost() {
        airflow.behave(
                (request, what) -> what.endsWith("POST /api/v2/dags/d/dagRuns") ? Fault.SILENCE_AFTER : Fault.NONE);
        assertThat(cairn("airflow", "trigger", "fake", "d")).isEqualTo(69);
        Matcher again = Pattern.compile("--run-id (\\S+)").matcher(err());
        assertThat(again.find()).as(err()).isTrue();
        assertThat(cairn("airflow", "trigger", "fake", "d", "--run-id", again.group(1)))
                .isZero();
        assertThat(airflow.triggers()).containsExactly(again.group(1));
    }
}
