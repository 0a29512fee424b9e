package dev.cairn.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cairn.cli.CairnProcess.Outcome;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Comparator;
import java.util.Map;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The commands that are about images, as real processes, with real images. */
final class NativeCommandsTest {
    /** The levels of x86-64 by which the dynamic linker chooses libraries. */
    private static final String LEVELS = "/lib64/ld-linux-x86-64.so.2 --help | grep -F '(supported, searched)'";

    /** Prints 1, waits for a file named go, prints the rest: what it prints tells whether it started over. */
    private static final String COUNT =
            "echo 1; while [ ! -e go ]; do sleep 0.02; done; for i in 2 3 4 5; do echo $i; done";

    @TempDir
    Path folder;

    @Test
    void aCheckpointOnRequestIsListedShownAndVerified() throws Exception {
        try (CairnProcess cairn = count()) {
            JsonNode images = json("checkpoint", "count", "--json").path("images");
            assertThat(images.size()).isEqualTo(1);
            long sequence = images.path(0).path("sequence").asLong();
            assertThat(images.path(0).path("bytes").asLong()).isPositive();

            assertThat(json("image", "ls", "count", "--json").findValues("sequence"))
                    .extracting(JsonNode::asLong)
                    .contains(sequence);
            assertThat(run("image", "show", "count").out()).contains("sh");
            assertThat(run("image", "verify", "count").exitCode()).isZero();
            end(cairn);
        }
    }

    @Test
    void aFlippedByteIsFoundAndCostsOneImageNotTheRun() throws Exception {
        try (CairnProcess cairn = count()) {
            run("checkpoint", "count");
            run("checkpoint", "--stop", "count");
            assertThat(cairn.await().exitCode()).isEqualTo(75);
        }
        JsonNode images = json("image", "ls", "count", "--json").path("images");
        JsonNode newest = images.path(images.size() - 1);
        flipAByte(Path.of(newest.path("path").asString()));

        Outcome verified = run("image", "verify", "count");
        assertThat(verified.exitCode()).isEqualTo(1);
        assertThat(verified.out() + verified.err()).contains("checksum");
        Files.createFile(folder.resolve("go"));
        Outcome resumed = run("resume", "count");
        assertThat(resumed.exitCode()).isZero();
        assertThat(resumed.err()).contains("image " + newest.path("sequence").asLong() + " rejected: ");
        assertThat(run("logs", "count").out()).isEqualTo("1\n2\n3\n4\n5\n");
    }

    /** Its tasks are outside of the step: one that was restored would wait for them for ever. */
    @Test
    void noImageHoldsAnSrun() throws Exception {
        Files.copy(Path.of("/bin/sleep").toRealPath(), folder.resolve("srun"));
        String script = "./srun 60 & until [ \"$(cat /proc/$!/comm)\" = srun ]; do :; done; echo go; wait";
        try (CairnProcess cairn =
                CairnProcess.start(folder, "exec", "--name", "count", "-i", "never", "--", "sh", "-c", script)) {
            cairn.awaitOut("go\n");
            Outcome refused = run("checkpoint", "count");
            assertThat(refused.exitCode()).as(refused.err()).isEqualTo(1);
            assertThat(refused.err()).contains("srun runs, whose tasks are outside of the step");
            assertThat(run("cancel", "count").exitCode()).isZero();
            cairn.await();
        }
    }

    /** As timeout(1) sends TERM, and kernel and shell HUP. So much memory takes a while to compress: the second finds no image yet. */
    @ParameterizedTest
    @ValueSource(strings = {"TERM", "HUP"})
    void theSameSignalTwiceDoesNotCostTheImage(String signal) throws Exception {
        String fill = "x=$(head -c 30000000 /dev/urandom | base64); " + COUNT;
        try (CairnProcess cairn = CairnProcess.start(
                folder, "exec", "--name", "count", "-i", "never", "--compression", "19", "--", "bash", "-c", fill)) {
            cairn.awaitOut("1\n");
            cairn.signal(signal);
            cairn.awaitErr("checkpointing and stopping");
            cairn.signal(signal);
            assertThat(cairn.await().exitCode()).isEqualTo(75);
        }
        Files.createFile(folder.resolve("go"));
        assertThat(run("resume", "count").out()).isEqualTo("1\n2\n3\n4\n5\n");
        assertThat(run("show", "count").out()).contains(" from image 1,");
    }

    @Test
    void aPausedCommandIsGoneAndComesBackOnlyWhenUnpaused() throws Exception {
        try (CairnProcess cairn = count()) {
            assertThat(run("pause", "count").exitCode()).isZero();
            assertThat(cairn.await().exitCode()).isEqualTo(75);
        }
        Files.createFile(folder.resolve("go"));
        assertThat(run("resume", "count").err()).contains("is paused; resume it with: cairn unpause count");
        assertThat(run("unpause", "count").out()).isEqualTo("1\n2\n3\n4\n5\n");
    }

    @Test
    void storesImagesPlainWhereThatIsAskedFor() throws Exception {
        String fill = "x=$(head -c 4000000 /dev/zero | tr '\\0' a); " + COUNT;
        try (CairnProcess cairn = CairnProcess.start(
                folder, "exec", "--name", "count", "-i", "never", "--compression", "0", "--", "bash", "-c", fill)) {
            cairn.awaitOut("1\n");
            JsonNode image =
                    json("checkpoint", "count", "--json").path("images").path(0);
            assertThat(image.path("bytes").asLong()).isGreaterThan(4_000_000);
            end(cairn);
        }
    }

    @Test
    void aStepOnTheBaselineCpuKeepsToItWhenItsSupervisorIsKilled() throws Exception {
        Files.writeString(folder.resolve("flow.yaml"), """
                defaults: {cpu: baseline}
                steps:
                  - id: s
                    run: |
                      levels() { %s; echo "$OPENBLAS_CORETYPE"; echo "$GLIBC_TUNABLES"; }
                      levels > before.txt
                      { %s; } > count.txt
                      levels > after.txt
                """.formatted(LEVELS, COUNT));
        try (CairnProcess cairn = CairnProcess.start(folder, "run", "flow.yaml", "--key", "k")) {
            Path count = folder.resolve("count.txt");
            Awaitility.await().until(() -> Files.exists(count) && Files.size(count) > 0);
            json("checkpoint", "k", "--json");
            JsonNode cpu = JsonMapper.shared()
                    .readTree(run("image", "show", "k").out())
                    .path("meta")
                    .path("cpu");
            assertThat(cpu.path("xfeatures").asLong()).isEqualTo(3);
            assertThat(cpu.path("beyond_baseline").asLong(-1)).isZero();
            assertThat(cpu.path("cpuid").path("7.0").values()).allMatch(word -> word.asLong() == 0);
            cairn.signal("KILL");
            ProcessHandle supervisor =
                    ProcessHandle.of(supervisor().path("pid").asLong()).orElseThrow();
            supervisor.destroyForcibly();
            supervisor.onExit().join();
        }
        Files.createFile(folder.resolve("go"));
        Outcome resumed = run("resume", "k");
        assertThat(resumed.exitCode()).as(resumed.err()).isZero();
        assertThat(resumed.out() + resumed.err()).contains("resumed from image 1");
        assertThat(folder.resolve("count.txt")).hasContent("1\n2\n3\n4\n5\n");
        assertThat(Files.readString(folder.resolve("before.txt")))
                .contains("x86-64-v2")
                .doesNotContain("x86-64-v3", "haswell", "avx512_1")
                .contains("\nNehalem\n", "glibc.cpu.hwcaps=-AVX,");
        assertThat(folder.resolve("after.txt")).hasSameTextualContentAs(folder.resolve("before.txt"));
    }

    @Test
    void aCommandOnTheBaselineCpuDoesNotSeeMore() throws Exception {
        Outcome outcome = run("exec", "--cpu", "baseline", "--", "sh", "-c", LEVELS);
        assertThat(outcome.exitCode()).as(outcome.err()).isZero();
        assertThat(outcome.out()).contains("x86-64-v2").doesNotContain("x86-64-v3");
        assertThat(run("exec", "--cpu", "fast", "--", "true").err())
                .contains("--cpu fast: neither native nor baseline");
    }

    @Test
    void aDatabaseThatWasWrittenOverGoesBackWithItsCommand() throws Exception {
        String work = "mkdir data; echo old > data/db; exec 3<>data/db; echo 1; while [ ! -e go ]; do sleep 0.02; done;"
                + " cat data/db; echo new >&3; cat data/db";
        try (CairnProcess cairn = CairnProcess.start(
                folder, "exec", "--name", "count", "-i", "never", "--rollback", "data", "--", "sh", "-c", work)) {
            cairn.awaitOut("1\n");
            assertThat(run("checkpoint", "--stop", "count").exitCode()).isZero();
            assertThat(cairn.await().exitCode()).isEqualTo(75);
        }
        Files.writeString(folder.resolve("data/db"), "written over since\n");
        Files.createFile(folder.resolve("go"));
        Outcome resumed = run("resume", "count");
        assertThat(resumed.err()).contains("resumed from image 1");
        assertThat(run("logs", "count").out()).isEqualTo("1\nold\nnew\n");
    }

    @Test
    void ctrlCStopsWithACheckpointAndTheTerminalComesBack() throws Exception {
        String talk = "echo ready; read -r word; echo heard $word";
        try (CairnProcess cairn = terminal("--name", "talk", "--", "sh", "-c", talk)) {
            cairn.awaitOut("ready");
            cairn.type("\u0003");
            Outcome outcome = cairn.await();
            assertThat(outcome.exitCode()).isEqualTo(75);
            assertThat(outcome.out()).contains("stopped; resume with: cairn resume talk");
        }
        try (CairnProcess again = CairnProcess.startInTerminal(folder, "resume", "talk")) {
            again.awaitOut("resumed from image");
            again.type("you\r");
            again.awaitOut("heard you");
            assertThat(again.await().exitCode()).isZero();
        }
    }

    @Test
    void theScreenOfAFullScreenProgramGoesAndComesWithIt() throws Exception {
        String begin = "\33[?1049h\33[?25l";
        String end = "\33[?1049l\33[?25h";
        String program = "trap 'echo redrawn' WINCH; printf '\\033[?1049h\\033[?25l'; echo drawn;"
                + " while [ ! -e go ]; do sleep 0.02; done; printf '\\033[?1049l\\033[?25h'";
        try (CairnProcess cairn = terminal("--name", "draw", "-i", "never", "--", "sh", "-c", program)) {
            cairn.awaitOut(begin + "drawn");
            cairn.type("\u001d");
            Outcome outcome = cairn.await();
            assertThat(outcome.exitCode()).isEqualTo(75);
            assertThat(outcome.out()).contains(end + "cairn: stopped");
        }
        try (CairnProcess again = CairnProcess.startInTerminal(folder, "resume", "draw")) {
            again.awaitOut("redrawn");
            Files.createFile(folder.resolve("go"));
            Outcome outcome = again.await();
            assertThat(outcome.exitCode()).isZero();
            assertThat(outcome.out())
                    .containsSubsequence("resumed from image", begin, "redrawn", end)
                    .containsOnlyOnce(begin)
                    .as("the program has put its terminal back itself")
                    .containsOnlyOnce(end);
        }
    }

    @Test
    void ctrlCGoesToACommandThatReadsItsKeys() throws Exception {
        String keys = "stty raw -echo; echo ready; dd bs=1 count=1 2>/dev/null | od -An -to1";
        try (CairnProcess cairn = terminal("--", "sh", "-c", keys)) {
            cairn.awaitOut("ready");
            cairn.type("\u0003");
            Outcome outcome = cairn.await();
            assertThat(outcome.out()).contains("003");
            assertThat(outcome.exitCode()).isZero();
        }
    }

    private JsonNode supervisor() throws Exception {
        try (Stream<Path> files = Files.walk(folder)) {
            Path file = files.filter(path -> path.endsWith("supervisor.json"))
                    .findFirst()
                    .orElseThrow();
            return JsonMapper.shared().readTree(file);
        }
    }

    @Test
    void goesOnWithItsOwnProgramWhereThatWasReplaced() throws Exception {
        install("/bin/bash", "shell");
        try (CairnProcess cairn = keeping("shell", "-c", COUNT)) {
            assertThat(run("checkpoint", "count").exitCode()).isZero();
            assertThat(json("image", "show", "count").path("kept_bytes").asLong())
                    .isGreaterThan(Files.size(installed("shell")));
            kill(cairn);
        }
        install("/bin/dash", "shell");
        assertThat(run("image", "verify", "count").exitCode()).isZero();
        try (CairnProcess again = CairnProcess.start(folder, "resume", "count")) {
            again.awaitErr("main: resumed with kept copies of files that differ on this host: " + installed("shell"));
            assertThat(run("checkpoint", "count").exitCode()).isZero();
            kill(again);
        }
        Files.createFile(folder.resolve("go"));
        Outcome resumed = run("resume", "count");
        assertThat(resumed.err()).contains("resumed from image 2", "resumed with kept copies of ");
        assertThat(run("logs", "count").out()).isEqualTo("1\n2\n3\n4\n5\n");
        assertThat(step().resolve("checkpoints")).doesNotExist();
    }

    /** A loop of {@code >>} and a rename, killed three times, no option given: no line twice, none missing. */
    @ParameterizedTest
    @ValueSource(strings = {"exec", "run"})
    void filesGoBackExactly(String how) throws Exception {
        String loop =
                "for i in 1 2 3 4 5 6; do echo $i >> out.txt; mv out.txt next.txt; mv next.txt out.txt; sleep 0.05;"
                        + " [ $i != 3 ] || while [ ! -e image ]; do sleep 0.02; done; done; echo all > done.txt;"
                        + " while [ ! -e go ]; do sleep 0.02; done";
        Files.writeString(
                folder.resolve("flow.yaml"),
                "steps:\n  - id: main\n    run: \"" + loop + "\"\n    checkpoint: {every: never}\n");
        String[] begin = how.equals("run")
                ? new String[] {"run", "flow.yaml", "--key", "count"}
                : new String[] {"exec", "--name", "count", "-i", "never", "--", "sh", "-c", loop};
        Path out = folder.resolve("out.txt");
        Path all = folder.resolve("done.txt");
        try (CairnProcess cairn = CairnProcess.start(folder, begin)) {
            Awaitility.await()
                    .until(() -> Files.exists(out) && Files.readString(out).endsWith("3\n"));
            assertThat(run("checkpoint", "count").exitCode()).isZero();
            Files.createFile(folder.resolve("image"));
            Awaitility.await().until(() -> Files.exists(all));
            kill(cairn);
        }
        for (int times = 0; times < 2; times++) {
            try (CairnProcess again = CairnProcess.start(folder, "resume", "count")) {
                again.awaitErr("resumed from image 1");
                Awaitility.await()
                        .until(() -> Files.exists(all) && Files.readString(out).endsWith("6\n"));
                kill(again);
            }
        }
        Files.createFile(folder.resolve("go"));
        assertThat(run("resume", "count").exitCode()).isZero();
        assertThat(Files.readString(out)).isEqualTo("1\n2\n3\n4\n5\n6\n");
    }

    @Test
    void aStepOfAWorkflowKeepsItsProgramToo() throws Exception {
        Files.writeString(
                folder.resolve("flow.yaml"),
                "steps:\n  - id: main\n    run: \"" + COUNT
                        + "\"\n    checkpoint: {every: never, keep_binaries: true}\n");
        try (CairnProcess cairn = CairnProcess.start(folder, "run", "flow.yaml", "--key", "count")) {
            cairn.awaitErr("main: attempt 1 started");
            assertThat(run("checkpoint", "count").exitCode()).isZero();
            assertThat(json("image", "show", "count").path("kept_bytes").asLong())
                    .isPositive();
            Files.createFile(folder.resolve("go"));
            assertThat(cairn.await().exitCode()).isZero();
        }
    }

    @Test
    void whatNoImageRefersToIsNotKept() throws Exception {
        install("/usr/bin/tail", "once");
        String work = "once -f /dev/null & echo 1; while [ ! -e gone ]; do sleep 0.02; done; kill $!; wait; echo 2;"
                + " while [ ! -e go ]; do sleep 0.02; done";
        try (CairnProcess cairn = keeping("sh", "-c", work)) {
            run("checkpoint", "count");
            Path once = kept("once");
            assertThat(once).hasSameBinaryContentAs(installed("once"));
            Files.createFile(folder.resolve("gone"));
            cairn.awaitOut("2\n");
            run("checkpoint", "count");
            assertThat(once).as("the older image needs it").exists();
            run("checkpoint", "count");
            assertThat(once).doesNotExist();
            assertThat(run("image", "verify", "count").exitCode()).isZero();
            Files.createFile(folder.resolve("go"));
            assertThat(cairn.await().exitCode()).isZero();
        }
    }

    @Test
    void gcRemovesCopiesWhoseWritingWasBrokenOff() throws Exception {
        try (CairnProcess cairn = keeping("sh", "-c", COUNT)) {
            assertThat(run("checkpoint", "--stop", "count").exitCode()).isZero();
            cairn.await();
        }
        Path brokenOff = Files.createFile(step().resolve("checkpoints/binaries/" + "0".repeat(32) + ".partial"));
        Path lastTree = Files.createFile(step().resolve("checkpoints/.tree.json")); // as a killed supervisor leaves it
        assertThat(run("gc").out()).matches("\\S+\\.partial  0 B  broken-off copy of a program\n");
        assertThat(brokenOff).doesNotExist();
        assertThat(lastTree)
                .as("by which the next supervisor knows the last one")
                .exists();
        Files.delete(lastTree);
        assertThat(run("image", "verify", "count").exitCode()).isZero();
    }

    @Test
    void gcNamesWhatACancelledRunHasKept() throws Exception {
        try (CairnProcess cairn = keeping("sh", "-c", COUNT)) {
            run("checkpoint", "count");
            assertThat(run("cancel", "count").exitCode()).isZero();
            cairn.await();
        }
        Files.createFile(step().resolve("checkpoints/.tree.json")); // as a killed supervisor leaves it
        assertThat(run("gc").out())
                .containsPattern("/checkpoints/000001  .* image of a run that has ended\n")
                .containsPattern("/checkpoints/binaries  .* programs kept for images of a run that has ended\n")
                .containsPattern("/checkpoints/.tree.json  .* mark of a supervisor that has ended\n");
        assertThat(step().resolve("checkpoints")).isEmptyDirectory();
    }

    private CairnProcess keeping(String... command) throws Exception {
        CairnProcess cairn = CairnProcess.start(
                folder,
                Map.of("PATH", installed(".").normalize() + ":" + System.getenv("PATH")),
                Path.of("/dev/null"),
                Stream.concat(
                                Stream.of("exec", "--name", "count", "-i", "never", "--keep-binaries", "--"),
                                Stream.of(command))
                        .toArray(String[]::new));
        cairn.awaitOut("1\n");
        return cairn;
    }

    /** On the command's PATH. */
    private Path installed(String name) throws Exception {
        return Files.createDirectories(folder.toRealPath().resolve("bin")).resolve(name);
    }

    /** As an upgrade does it. */
    private void install(String program, String name) throws Exception {
        Path partial = installed(name + ".new");
        Files.copy(Path.of(program), partial);
        Files.move(partial, installed(name), StandardCopyOption.REPLACE_EXISTING);
    }

    /** The runner, and the supervisor of its newest attempt. */
    private void kill(CairnProcess cairn) throws Exception {
        cairn.signal("KILL");
        cairn.await();
        try (Stream<Path> attempts = Files.list(step().resolve("attempts"))) {
            Path newest = attempts.max(Comparator.naturalOrder()).orElseThrow();
            long supervisor = new JsonMapper()
                    .readTree(Files.readAllBytes(newest.resolve("supervisor.json")))
                    .path("pid")
                    .asLong();
            ProcessHandle.of(supervisor).ifPresent(ProcessHandle::destroyForcibly);
        }
    }

    private Path step() throws Exception {
        try (Stream<Path> runs = Files.list(folder.resolve(".cairn/runs"))) {
            return runs.filter(Files::isDirectory).findFirst().orElseThrow().resolve("steps/main");
        }
    }

    /** The kept copy of a file of the folder. */
    private Path kept(String name) throws Exception {
        String path = installed(name).toString();
        Path folderOfKept = step().resolve("checkpoints/binaries");
        return json("image", "show", "count").path("meta").path("binaries").properties().stream()
                .filter(entry -> entry.getValue().path("path").asString().equals(path))
                .map(entry -> folderOfKept.resolve(entry.getKey()))
                .findFirst()
                .orElseThrow();
    }

    private CairnProcess count() throws Exception {
        CairnProcess cairn =
                CairnProcess.start(folder, "exec", "--name", "count", "-i", "never", "--", "sh", "-c", COUNT);
        cairn.awaitOut("1\n");
        return cairn;
    }

    private void end(CairnProcess cairn) throws Exception {
        Files.createFile(folder.resolve("go"));
        Outcome outcome = cairn.await();
        assertThat(outcome.out()).isEqualTo("1\n2\n3\n4\n5\n");
        assertThat(outcome.exitCode()).isZero();
    }

    private CairnProcess terminal(String... arguments) throws Exception {
        return CairnProcess.startInTerminal(
                folder, Stream.concat(Stream.of("exec"), Stream.of(arguments)).toArray(String[]::new));
    }

    private Outcome run(String... arguments) throws Exception {
        return CairnProcess.run(folder, arguments);
    }

    private JsonNode json(String... arguments) throws Exception {
        Outcome outcome = run(arguments);
        assertThat(outcome.exitCode()).as(outcome.err()).isZero();
        return JsonMapper.shared().readTree(outcome.out());
    }

    private static void flipAByte(Path image) throws Exception {
        Path file;
        try (Stream<Path> files = Files.walk(image)) {
            file = files.filter(Files::isRegularFile)
                    .max((a, b) -> Long.compare(a.toFile().length(), b.toFile().length()))
                    .orElseThrow();
        }
        try (RandomAccessFile bytes = new RandomAccessFile(file.toFile(), "rw")) {
            bytes.seek(bytes.length() / 2);
            int was = bytes.read();
            bytes.seek(bytes.length() / 2);
            bytes.write(was ^ 1);
        }
    }
}
