package dev.cairn.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cairn.cli.CairnProcess.Outcome;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** {@code cairn try}, as real processes, with real images. */
final class TryTest {
    private static final String COUNT =
            "for i in 1 2 3 4 5 6 7 8; do echo $i; echo $i >> log; echo $i > last; sleep 0.1; done; exit 3";
    /** A socket of a family that no image holds. */
    private static final String NETLINK =
            "import socket, time\ns = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)\nprint('up', flush=True)\ntime.sleep(60)";

    @TempDir
    Path folder;

    private Path work;
    private Path temporary;

    @BeforeEach
    void makeFolders() throws IOException {
        work = Files.createDirectory(folder.resolve("work"));
        temporary = Files.createDirectory(folder.resolve("temporary"));
    }

    @Test
    void aCommandThatSurvivesItsKillsIsCarriedAndLeavesNothingBehind() throws Exception {
        Files.writeString(work.resolve("log"), "before\n");
        Outcome outcome = attempt("--rounds", "2", "--json", "--", "sh", "-c", COUNT);
        assertThat(outcome.exitCode()).as(outcome.err()).isZero();
        JsonNode report = JsonMapper.shared().readTree(outcome.out());
        assertThat(report.path("carried").asBoolean()).isTrue();
        assertThat(report.path("kills").asInt()).isEqualTo(2);
        assertThat(report.path("output").path(0).path("state").asString()).isEqualTo("same");
        assertThat(report.path("output").path(0).path("lines").asInt()).isEqualTo(8);
        assertThat(report.path("files").valueStream().map(JsonNode::asString))
                .containsExactly(real("last"), real("log"));
        for (String positive :
                List.of("image_bytes", "restore_ms", "memory_bytes", "memory_left_bytes", "interval_ms")) {
            assertThat(report.path(positive).asLong()).as(positive).isPositive();
        }
        assertThat(work.resolve("log")).hasContent("before\n");
        assertNothingIsLeft("log");
    }

    @Test
    void aRefusalIsNamedAndTheExitCodeTells() throws Exception {
        Outcome outcome = attempt("--for", "4s", "--rounds", "1", "--", "python3", "-c", NETLINK);
        assertThat(outcome.out())
                .startsWith("not carried: its checkpoint was refused: ")
                .contains("socket")
                .contains("pid ");
        assertThat(outcome.exitCode()).isEqualTo(1);
        assertNothingIsLeft();
    }

    @Test
    void aCommandThatEndsAtOnceIsNotSaidToBeCarried() throws Exception {
        Outcome outcome = attempt("--", "true");
        assertThat(outcome.out()).startsWith("not carried: it ended before it could be checkpointed");
        assertThat(outcome.exitCode()).isEqualTo(1);
    }

    @Test
    void ctrlCEndsItAndPutsTheFilesBack() throws Exception {
        try (CairnProcess cairn = CairnProcess.start(
                work,
                Map.of("TMPDIR", temporary.toString()),
                Path.of("/dev/null"),
                "try",
                "--",
                "sh",
                "-c",
                "echo > made; sleep 60")) {
            Awaitility.await().until(() -> Files.exists(work.resolve("made")));
            cairn.signal("INT");
            assertThat(cairn.await().exitCode()).isEqualTo(75);
        }
        assertNothingIsLeft();
    }

    @Test
    void refusesALengthThatIsNone() throws Exception {
        Outcome outcome = attempt("--for", "long", "--", "true");
        assertThat(outcome.err()).isEqualTo("cairn: --for long: not a duration such as 30s or 10m\n");
        assertThat(outcome.exitCode()).isEqualTo(2);
    }

    private Outcome attempt(String... arguments) throws Exception {
        String[] line = Stream.concat(Stream.of("try"), Stream.of(arguments)).toArray(String[]::new);
        try (CairnProcess cairn =
                CairnProcess.start(work, Map.of("TMPDIR", temporary.toString()), Path.of("/dev/null"), line)) {
            return cairn.await();
        }
    }

    private String real(String name) throws IOException {
        return work.toRealPath().resolve(name).toString();
    }

    private void assertNothingIsLeft(String... but) throws IOException {
        assertThat(temporary).isEmptyDirectory();
        try (Stream<Path> files = Files.list(work)) {
            assertThat(files.map(file -> file.getFileName().toString())).containsExactlyInAnyOrder(but);
        }
    }
}
