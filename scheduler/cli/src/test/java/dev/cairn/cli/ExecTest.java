package dev.cairn.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.cairn.cli.CairnProcess.Outcome;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** {@code cairn exec} and what goes on with it, as real processes, with the engine that every host allows. */
final class ExecTest {
    /** Prints 1, waits for a file named go, prints the rest. */
    private static final String COUNT =
            "echo 1; while [ ! -e go ]; do sleep 0.02; done; for i in 2 3 4 5; do echo $i; done; echo err >&2";

    @TempDir
    Path folder;

    @Test
    void passesOutputAndExitCodeOn() throws Exception {
        Outcome outcome = exec("sh", "-c", "echo out; echo err >&2; exit 7");
        assertThat(outcome.out()).isEqualTo("out\n");
        assertThat(outcome.err()).isEqualTo("err\n");
        assertThat(outcome.exitCode()).isEqualTo(7);
    }

    @Test
    void saysWhichSignalEndedTheCommandAsShellsDo() throws Exception {
        assertThat(exec("sh", "-c", "kill -9 $$").exitCode()).isEqualTo(128 + 9);
    }

    static Stream<Arguments> commandsThatCannotBe() {
        return Stream.of(
                Arguments.of("no-such-command", 127, "cairn: no-such-command: no such command on PATH\n"),
                Arguments.of("./missing", 127, "cairn: ./missing: no such file\n"),
                Arguments.of("plain", 127, "cairn: plain: no such command on PATH; did you mean ./plain?\n"),
                Arguments.of("./plain", 126, "cairn: ./plain: not executable; chmod +x ./plain\n"),
                Arguments.of("./", 126, "cairn: ./: is a folder\n"));
    }

    @ParameterizedTest
    @MethodSource("commandsThatCannotBe")
    void saysWhatIsWrongWithACommand(String command, int exitCode, String err) throws Exception {
        Files.createFile(folder.resolve("plain"));
        Outcome outcome = exec(command);
        assertThat(outcome.err()).isEqualTo(err);
        assertThat(outcome.exitCode()).isEqualTo(exitCode);
        assertThat(folder.resolve(".cairn")).doesNotExist();
    }

    @Test
    void refusesAnIntervalThatIsNone() throws Exception {
        Outcome outcome = CairnProcess.run(folder, "exec", "-i", "soon", "--", "true");
        assertThat(outcome.err())
                .isEqualTo("cairn: --interval soon: not a duration such as 30s or 10m, nor auto, nor never\n");
        assertThat(outcome.exitCode()).isEqualTo(2);
    }

    @Test
    void refusesAnEngineThatIsNotThere() throws Exception {
        Outcome outcome = CairnProcess.run(folder, "exec", "--engine", "magic", "--", "true");
        assertThat(outcome.err()).contains("there is no checkpoint.engine 'magic' here");
        assertThat(outcome.exitCode()).isEqualTo(69);
    }

    @ParameterizedTest
    @MethodSource("stopSignals")
    void aSignalStopsItSoThatItCanGoOn(String signal, String state) throws Exception {
        try (CairnProcess cairn = start("--name", "count", "--", "sh", "-c", COUNT)) {
            cairn.awaitOut("1\n");
            cairn.signal(signal);
            Outcome outcome = cairn.await();
            assertThat(outcome.exitCode()).isEqualTo(75);
            assertThat(outcome.err()).endsWith("cairn: stopped; resume with: cairn resume count\n");
        }
        assertThat(CairnProcess.run(folder, "show", "count").out()).contains("step main: " + state);
        Outcome atNone = CairnProcess.run(folder, "resume", "--at", "99", "count");
        assertThat(atNone.err()).isEqualTo("cairn: there is no image 99; there are: 0\n");
        assertThat(atNone.exitCode()).isEqualTo(66);
        Files.createFile(folder.resolve("go"));
        Outcome resumed = CairnProcess.run(folder, "resume", "count");
        assertThat(resumed.exitCode()).isZero();
        assertThat(resumed.out())
                .as("a file that does not have what was shown gets all of it")
                .isEqualTo("1\n2\n3\n4\n5\n");
        assertThat(resumed.err())
                .contains("cairn: main: attempt 2 started from the beginning")
                .endsWith("err\n");
    }

    static Stream<Arguments> stopSignals() {
        return Stream.of(
                Arguments.of("INT", "interrupted"),
                Arguments.of("HUP", "interrupted"),
                Arguments.of("TERM", "preempted"),
                Arguments.of("USR1", "preempted"));
    }

    @Test
    void aKilledRunnerLeavesTheCommandRunningAndTheSameLineTakesItUpAgain() throws Exception {
        try (CairnProcess cairn = start("--name", "count", "--", "sh", "-c", COUNT)) {
            cairn.awaitOut("1\n");
            Path mark = onlyRun().resolve("shown"); // written after the showing
            await().until(() -> Files.exists(mark));
            cairn.signal("KILL");
            cairn.await();
        }
        assertThat(CairnProcess.run(folder, "ps").out()).contains("count", "running (no runner)");
        try (CairnProcess again = start("--name", "count", "--", "sh", "-c", COUNT)) {
            again.awaitErr("main: attempt 1 is still running; following it again");
            Files.createFile(folder.resolve("go"));
            assertThat(again.await().out()).isEqualTo("1\n2\n3\n4\n5\n");
            assertThat(again.await().exitCode()).isZero();
            assertThat(again.await().err()).doesNotContain("ignored: ");
        }
        assertThat(CairnProcess.run(folder, "report", "count", "--html").out())
                .startsWith("<!DOCTYPE html>")
                .contains("<rect class=\"bar success\"", "<title>attempt 1 on ", "<summary>stdout</summary>")
                .doesNotContain("src=", "href=", "@import", "url(");
        assertThat(CairnProcess.run(folder, "report", "count").out())
                .contains("attempt 1 is still running; following it again")
                .contains("1 attempt, 0 of them from an image");
        assertThat(CairnProcess.run(folder, "logs", "count").out()).isEqualTo("1\n2\n3\n4\n5\n");
    }

    @Test
    void namesTheOptionsThatAResumedRunIgnores() throws Exception {
        try (CairnProcess cairn = start("--name", "count", "-i", "5s", "--keep-binaries", "--", "sh", "-c", COUNT)) {
            cairn.awaitOut("1\n");
            cairn.signal("INT");
            assertThat(cairn.await().exitCode()).isEqualTo(75);
        }
        Files.createFile(folder.resolve("go"));
        Path below = Files.createDirectory(folder.resolve("below"));
        String line = "exec --engine none --name count -i 7s --cpu baseline --keep-binaries -- sh -c";
        Outcome again = CairnProcess.run(
                below,
                Stream.concat(Stream.of(line.split(" ")), Stream.of(COUNT)).toArray(String[]::new));
        assertThat(again.err())
                .startsWith(
                        "cairn: count resumes with the options it was started with; ignored: --cpu, --interval, this folder"
                                + " (it runs in " + folder.toRealPath()
                                + "); to start over: cairn cancel count, then this line again\n");
        assertThat(again.out()).isEqualTo("1\n2\n3\n4\n5\n");
    }

    @Test
    void leavesARunAloneThatALiveRunnerHas() throws Exception {
        try (CairnProcess cairn = start("--name", "count", "--", "sh", "-c", COUNT)) {
            cairn.awaitOut("1\n");
            Outcome second = CairnProcess.run(folder, "resume", "count");
            assertThat(second.exitCode()).isEqualTo(69);
            assertThat(second.err())
                    .contains("is held by pid " + cairn.pid() + " on ")
                    .contains("cairn show count");
            Files.createFile(folder.resolve("go"));
            assertThat(cairn.await().exitCode()).isZero();
        }
    }

    @Test
    void namesTheFileForWhichThereIsNoRoom() throws Exception {
        try (CairnProcess cairn = CairnProcess.startWithoutRoom(folder, "exec", "--engine", "none", "--", "true")) {
            Outcome outcome = cairn.await();
            assertThat(outcome.out()).containsPattern("cairn: " + folder + "/\\.cairn/\\S+: File too large\n");
            assertThat(outcome.exitCode()).isEqualTo(74);
        }
    }

    @Test
    void saysWhatItCouldNotWriteAndThatTheCommandGoesOn() throws Exception {
        try (CairnProcess cairn = start("--name", "count", "--", "sh", "-c", COUNT)) {
            cairn.awaitOut("1\n");
            Path run = onlyRun();
            block(run.resolve("owner.json"));
            block(run.resolve("steps/main/step.json"));
            Files.createFile(folder.resolve("go"));
            Outcome outcome = cairn.await();
            assertThat(outcome.err())
                    .contains("cairn: " + run.resolve("steps/main/step.json") + ": is a folder, where a file belongs\n")
                    .endsWith("cairn: running steps stay under their supervisors; once this is fixed, resume with:"
                            + " cairn resume count\n");
            assertThat(outcome.exitCode()).isEqualTo(74);
        }
    }

    @Test
    void saysWhatOfItsSupervisorItCouldNotRead() throws Exception {
        try (CairnProcess cairn = start("--name", "count", "--", "sh", "-c", COUNT)) {
            cairn.awaitOut("1\n");
            Path journal = onlyRun().resolve("steps/main/attempts/001/images.jsonl");
            block(journal);
            Outcome outcome = cairn.await();
            assertThat(outcome.err())
                    .contains("cairn: " + journal + ": is a folder, where a file belongs\n")
                    .endsWith("once this is fixed, resume with: cairn resume count\n");
            assertThat(outcome.exitCode()).isEqualTo(74);
            Files.delete(journal);
        }
        Files.createFile(folder.resolve("go"));
        assertThat(CairnProcess.run(folder, "resume", "count").out()).isEqualTo("1\n2\n3\n4\n5\n");
    }

    @Test
    void replaysWhatWasPipedIn() throws Exception {
        Path input = folder.resolve("input");
        Files.writeString(
                input, IntStream.range(0, 1000).mapToObj(i -> i + "\n").reduce("", String::concat));
        try (CairnProcess cairn =
                CairnProcess.start(folder, Map.of(), input, "exec", "--engine", "none", "--", "wc", "-l")) {
            assertThat(cairn.await().out().strip()).isEqualTo("1000");
        }
    }

    @Test
    void cancelsARunOfAnotherProcess() throws Exception {
        try (CairnProcess cairn = start("--name", "count", "--", "sh", "-c", COUNT)) {
            cairn.awaitOut("1\n");
            Outcome cancel = CairnProcess.run(folder, "cancel", "count");
            assertThat(cancel.err()).isEqualTo("cairn: main: cancelled\n");
            assertThat(cancel.exitCode()).isZero();
            assertThat(cairn.await().exitCode()).isEqualTo(1);
        }
        assertThat(CairnProcess.run(folder, "ps").err()).isEqualTo("no unfinished runs; --all lists the others\n");
        assertThat(CairnProcess.run(folder, "cancel", "count").err()).contains("has ended already: cancelled");
    }

    private Path onlyRun() throws IOException {
        try (Stream<Path> runs = Files.list(folder.resolve(".cairn/runs"))) {
            return runs.findFirst().orElseThrow();
        }
    }

    /** Puts a folder in the place of a file, which nothing can replace then. */
    private static void block(Path file) throws IOException {
        Files.delete(file);
        Files.createDirectory(file);
    }

    private Outcome exec(String... arguments) throws Exception {
        try (CairnProcess cairn = start(arguments)) {
            return cairn.await();
        }
    }

    private CairnProcess start(String... arguments) throws Exception {
        return CairnProcess.start(
                folder,
                Stream.concat(Stream.of("exec", "--engine", "none"), Stream.of(arguments))
                        .toArray(String[]::new));
    }
}
