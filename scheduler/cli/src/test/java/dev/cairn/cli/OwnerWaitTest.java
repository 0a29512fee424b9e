package dev.cairn.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cairn.cli.CairnProcess.Outcome;
import dev.cairn.cli.shared.ExitCode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A second runner of a run that has one. */
final class OwnerWaitTest {
    private static final String[] LINE = {"run", "flow.yaml", "--key", "k"};

    @TempDir
    Path folder;

    /** A step that takes its time to stop: told to, it says so and ends once it may. */
    @BeforeEach
    void write() throws Exception {
        Files.writeString(folder.resolve("flow.yaml"), """
                name: w
                steps:
                  - run: |
                      trap 'touch told; while [ ! -e go ]; do sleep 0.05; done; exit 1' TERM
                      touch begun
                      while [ ! -e go ]; do sleep 0.05; done
                    checkpoint: {engine: none}
                    rollback: none
                """);
    }

    private void await(String file) {
        Awaitility.await()
                .atMost(Duration.ofMinutes(1))
                .pollInterval(Duration.ofMillis(50))
                .until(() -> Files.exists(folder.resolve(file)));
    }

    @Test
    void waitsForOneThatIsStoppingAndResumes() throws Exception {
        try (CairnProcess first = CairnProcess.start(folder, LINE)) {
            await("begun");
            first.signal("TERM");
            await("told");
            try (CairnProcess second = CairnProcess.start(folder, LINE)) {
                second.awaitErr("which is stopping it; waiting for up to 10m");
                Files.createFile(folder.resolve("go"));
                assertThat(first.await().exitCode()).isEqualTo(ExitCode.STOPPED);
                Outcome outcome = second.await();
                assertThat(outcome.exitCode()).as(outcome.err()).isZero();
            }
        }
    }

    @Test
    void waitsForAnyOtherOnlyWhenAsked() throws Exception {
        try (CairnProcess first = CairnProcess.start(folder, LINE)) {
            await("begun");
            Outcome refused = CairnProcess.run(folder, java.util.Map.of(), LINE);
            assertThat(refused.exitCode()).isEqualTo(ExitCode.UNAVAILABLE);
            assertThat(refused.err()).contains("is held by pid ").doesNotContain("waiting");
            Outcome outwaited =
                    CairnProcess.run(folder, java.util.Map.of(), "run", "flow.yaml", "--key", "k", "--wait", "1s");
            assertThat(outwaited.exitCode()).isEqualTo(ExitCode.UNAVAILABLE);
            assertThat(outwaited.err()).contains("; waiting for up to 1s");
            try (CairnProcess second = CairnProcess.start(folder, "run", "flow.yaml", "--key", "k", "--wait", "10m")) {
                second.awaitErr("; waiting for up to 10m");
                Files.createFile(folder.resolve("go"));
                assertThat(first.await().exitCode()).isZero();
                Outcome outcome = second.await();
                assertThat(outcome.exitCode()).as(outcome.err()).isZero();
                assertThat(outcome.err()).contains("has succeeded already");
            }
        }
    }

    @Test
    void aWaitEndsWithASignal() throws Exception {
        try (CairnProcess first = CairnProcess.start(folder, LINE)) {
            await("begun");
            try (CairnProcess second = CairnProcess.start(folder, "run", "flow.yaml", "--key", "k", "--wait", "10m")) {
                second.awaitErr("; waiting for up to 10m");
                second.signal("TERM");
                assertThat(second.await().exitCode()).isEqualTo(ExitCode.STOPPED);
            }
            Files.createFile(folder.resolve("go"));
            assertThat(first.await().exitCode()).isZero();
        }
    }
}
