package dev.cairn.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cairn.airflow.DagRun;
import dev.cairn.airflow.DagRunState;
import dev.cairn.airflow.RealAirflow;
import dev.cairn.airflow.TaskInstance;
import dev.cairn.airflow.TriggerRequest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * The example's DAG in a real Airflow: both of its tasks are killed in the middle, and their retries finish with the results of undisturbed
 * ones. {@code -Dcairn.long=true}: it takes minutes.
 */
@EnabledIfSystemProperty(named = "cairn.long", matches = "true")
final class UnderAirflowTest {
    private static final Path EXAMPLE =
            Path.of("../../examples/under-airflow").toAbsolutePath().normalize();
    private static final int ROUNDS = 100;

    @TempDir
    Path folder;

    @ParameterizedTest
    @ValueSource(strings = {"3.3.2", "2.11.2"})
    void aTaskThatIsKilledGoesOnInItsRetry(String version) throws Exception {
        Path server = folder.resolve("server");
        Files.createDirectories(server.resolve("dags"));
        Files.copy(EXAMPLE.resolve("dags/cairn_tasks.py"), server.resolve("dags/cairn_tasks.py"));
        Files.createDirectories(folder.resolve("results"));
        Map<String, String> environment = Map.of(
                "CAIRN", launcher().toString(),
                "CAIRN_HOME", folder.resolve("home").toString(),
                "CAIRN_FLOW", EXAMPLE.resolve("flow.yaml").toString(),
                "CAIRN_RESULTS", folder.resolve("results").toString());
        try (RealAirflow airflow = RealAirflow.start(version, server, environment)) {
            Awaitility.await()
                    .atMost(Duration.ofMinutes(2))
                    .pollInterval(Duration.ofMillis(500))
                    .ignoreExceptions()
                    .until(() -> !airflow.client().dags().get("cairn_tasks").paused());
            airflow.client().dagRuns().trigger("cairn_tasks", TriggerRequest.of("one"));

            // what the kernel does to it when memory is short: everything of the task dies at once
            ProcessHandle runner = inTheMiddleOf("by_bash");
            List<ProcessHandle> step = supervisorsBelow(folder.resolve("home"));
            assertThat(step).isNotEmpty();
            runner.destroyForcibly();
            step.forEach(ProcessHandle::destroyForcibly);

            // what Airflow does to it itself: TERM to the task's process
            inTheMiddleOf("by_taskflow").parent().orElseThrow().destroy();

            DagRun run = airflow.ended("cairn_tasks", "one");
            assertThat(run.state()).as(() -> logs(airflow)).isEqualTo(DagRunState.SUCCESS);
            assertThat(airflow.client().taskInstances().list("cairn_tasks", "one"))
                    .extracting(TaskInstance::tryNumber)
                    .allSatisfy(tries -> assertThat(tries).isGreaterThan(1));
        }
        for (String task : List.of("by_bash", "by_taskflow")) {
            assertThat(result(task)).hasContent(undisturbed());
        }
        assertThat(steps()).hasSize(2).allSatisfy(UnderAirflowTest::wentOn);
    }

    /** Its attempts after the first began from an image, and what they had to do again is no more than an interval and what a kill costs. */
    private static void wentOn(JsonNode step) {
        List<JsonNode> attempts = step.path("attempts").valueStream().toList();
        assertThat(attempts).hasSizeGreaterThan(1);
        assertThat(attempts.get(attempts.size() - 1).path("resumed_from").asLong(0))
                .isPositive();
    }

    private List<JsonNode> steps() throws IOException {
        try (Stream<Path> files = Files.walk(folder.resolve("home/runs"))) {
            return files.filter(file -> file.endsWith("step.json"))
                    .map(file -> new JsonMapper().readTree(file.toFile()))
                    .toList();
        }
    }

    private Path result(String task) {
        return folder.resolve("results/" + task + ".txt");
    }

    /** Waits until the task has done a part of its work that is worth something, and an image of it is there. */
    private ProcessHandle inTheMiddleOf(String task) {
        Awaitility.await("the middle of " + task)
                .atMost(Duration.ofMinutes(3))
                .pollInterval(Duration.ofMillis(100))
                .until(() -> Files.exists(result(task))
                        && Files.readAllLines(result(task)).size() > ROUNDS / 3);
        return ProcessHandle.allProcesses()
                .filter(process -> commandLine(process).contains("dev.cairn.cli.Main")
                        && commandLine(process).contains("/" + task + "/"))
                .findFirst()
                .orElseThrow();
    }

    private static List<ProcessHandle> supervisorsBelow(Path home) {
        return ProcessHandle.allProcesses()
                .filter(process -> commandLine(process).contains("cairn-supervisor")
                        && commandLine(process).contains(home.toString()))
                .toList();
    }

    private static String commandLine(ProcessHandle process) {
        try {
            return Files.readString(Path.of("/proc", Long.toString(process.pid()), "cmdline"))
                    .replace('\0', ' ');
        } catch (IOException gone) {
            return "";
        }
    }

    private static String undisturbed() {
        StringBuilder text = new StringBuilder();
        long value = 1;
        for (int i = 0; i < ROUNDS; i++) {
            value = (value * 1103515245L + i) % 2147483648L;
            text.append(i).append(' ').append(value).append('\n');
        }
        return text.toString();
    }

    private static String logs(RealAirflow airflow) {
        StringBuilder text = new StringBuilder();
        try {
            for (TaskInstance task :
                    airflow.client().taskInstances().list("cairn_tasks", "one").toList()) {
                for (int number = 1; number <= task.tryNumber(); number++) {
                    text.append("--- ")
                            .append(task.name())
                            .append(" try ")
                            .append(number)
                            .append(' ');
                    text.append(task.state()).append('\n');
                    text.append(String.join(
                            "\n", airflow.client().logs().readAll("cairn_tasks", "one", task.taskId(), -1, number)));
                }
            }
        } catch (IOException e) {
            text.append(e);
        }
        return text.toString();
    }

    /** {@code cairn} as the tests have it. */
    private Path launcher() throws IOException {
        String nativeFolder = Objects.requireNonNullElse(System.getProperty("cairn.native.dir"), "");
        return Files.writeString(
                Files.createFile(
                        folder.resolve("cairn"),
                        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"))),
                "#!/bin/sh\nexec '" + ProcessHandle.current().info().command().orElseThrow()
                        + "' -XX:TieredStopAtLevel=1 -XX:+UseSerialGC '-Dcairn.native.dir=" + nativeFolder + "' -cp '"
                        + System.getProperty("java.class.path") + "' dev.cairn.cli.Main \"$@\"\n");
    }
}
