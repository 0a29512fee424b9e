package dev.cairn.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.cairn.cli.shared.Console;
import dev.cairn.run.manifest.RunFolder;
import dev.cairn.run.manifest.RunManifest;
import dev.cairn.run.manifest.RunManifest.StepLine;
import dev.cairn.run.manifest.RunOrigin;
import dev.cairn.run.manifest.RunState;
import dev.cairn.run.manifest.StepState;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class CompletionTest {
    @TempDir
    Path folder;

    @BeforeEach
    void makeRuns() throws IOException {
        makeRun("old-20260301-000000-aaaa", "old", RunState.SUCCEEDED);
        makeRun("night-20260302-000000-bbbb", "night@2026-03-02T02:00Z", RunState.FAILED);
        makeRun("now-20260303-000000-cccc", "now", RunState.RUNNING);
    }

    private void makeRun(String id, String key, RunState state) throws IOException {
        RunFolder run = new RunFolder(
                Files.createDirectories(folder.resolve("home/runs").resolve(id)));
        RunOrigin origin = new RunOrigin(
                "n",
                Optional.of(key),
                Optional.of(Path.of("/flow.yaml")),
                Optional.empty(),
                Path.of("/"),
                "",
                Map.of(),
                Map.of());
        RunManifest manifest = RunManifest.create(run, origin, Instant.EPOCH);
        manifest.step("align.2", new StepLine(StepState.PENDING, OptionalLong.empty(), Optional.of("align[s2]")));
        manifest.step(key + "-own", new StepLine(StepState.PENDING, OptionalLong.empty()));
        manifest.state(state, "", Instant.EPOCH);
        manifest.save(() -> {}, Instant.EPOCH);
    }

    private List<String> candidates(String... words) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        Console console = new Console(
                new PrintStream(out, true, UTF_8),
                new PrintStream(out, true, UTF_8),
                Map.of("CAIRN_HOME", folder.resolve("home").toString()),
                folder);
        List<String> line = new ArrayList<>(List.of("complete", "--"));
        line.addAll(List.of(words));
        assertThat(new CommandTree(console).execute(line.toArray(String[]::new)))
                .isZero();
        return out.toString(UTF_8).lines().toList();
    }

    @Test
    void completesCommandsAndOptions() {
        assertThat(candidates("re")).containsExactlyInAnyOrder("resume", "report");
        assertThat(candidates("schedule", "un")).containsExactly("unpause");
        assertThat(candidates("resume", "--acc")).containsExactly("--accept-changed");
        assertThat(candidates("ps", "--state", "")).contains("failed", "running");
        assertThat(candidates("run", "--stack")).containsExactly("--stacktrace");
        assertThat(candidates("--color", "n")).containsExactly("never");
        assertThat(candidates("")).contains("run", "ps").doesNotContain("complete");
    }

    @Test
    void completesRunsThatFitTheCommand() {
        assertThat(candidates("show", "")).contains("old", "night@2026-03-02T02:00Z", "now-20260303-000000-cccc");
        assertThat(candidates("resume", ""))
                .contains("now", "night@2026-03-02T02:00Z")
                .doesNotContain("old");
        assertThat(candidates("cancel", "")).containsExactly("now", "now-20260303-000000-cccc");
        assertThat(candidates("resume", "--at", "3", "ni")).hasSize(2);
        assertThat(candidates("--home", folder.resolve("none").toString(), "show", ""))
                .isEmpty();
    }

    @Test
    void completesTheStepsOfARun() {
        assertThat(candidates("logs", "old", "")).containsExactly("align[s2]", "old-own");
        assertThat(candidates("resume", "--restart", "")).containsExactly("align[s2]", "now-own");
        assertThat(candidates("resume", "old", "--restart", "al")).containsExactly("align[s2]");
    }

    /** Nothing: the shell completes files. */
    @Test
    void leavesFilesAndOtherProgramsToTheShell() {
        assertThat(candidates("run", "")).isEmpty();
        assertThat(candidates("exec", "--", "ls", "--co")).isEmpty();
        assertThat(candidates("exec", "ls", "--co")).isEmpty();
        assertThat(candidates("nonsense", "")).isEmpty();
    }

    /** A colon ends a word for bash, and it replaces only what follows. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "cairn show ni|night@2026-03-02T02:00Z",
                "cairn show night@2026-03-02T02:|00Z",
                "cairn logs now al|align[s2]"
            })
    void worksInBash(String lineAndWord) throws IOException, InterruptedException {
        String line = lineAndWord.substring(0, lineAndWord.indexOf('|'));
        Path program = folder.resolve("cairn");
        Files.writeString(program, "#!/bin/bash\nexec " + CairnProcess.line() + " \"$@\"\n");
        Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwx------"));
        String script = "source <(\"$1\" completion bash); COMP_LINE=$2 COMP_POINT=${#2} COMP_WORDS=(\"$1\"); _cairn;"
                + " printf '%s\\n' \"${COMPREPLY[@]}\"";
        ProcessBuilder bash =
                new ProcessBuilder("bash", "-c", script, "bash", program.toString(), line).redirectErrorStream(true);
        bash.environment().put("CAIRN_HOME", folder.resolve("home").toString());
        Process process = bash.start();
        String said = new String(process.getInputStream().readAllBytes(), UTF_8);
        assertThat(process.waitFor()).as(said).isZero();
        assertThat(said.lines()).contains(lineAndWord.substring(lineAndWord.indexOf('|') + 1));
    }
}
