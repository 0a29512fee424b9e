package dev.cairn.engine.supervised;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.cairn.engine.CheckpointRequest;
import dev.cairn.engine.Checkpointer;
import dev.cairn.engine.EndCause;
import dev.cairn.engine.EngineException;
import dev.cairn.engine.ImageInfo;
import dev.cairn.engine.ImagingCheckpointerContract;
import dev.cairn.engine.LaunchBuilder;
import dev.cairn.engine.Renewal;
import dev.cairn.engine.StepProcess;
import dev.cairn.engine.TerminalChannel;
import dev.cairn.engine.TestStep;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class NativeEngineTest extends ImagingCheckpointerContract {
    /** Echoes what is typed, with the size of its terminal. */
    private static final String CONVERSATION = """
            stty -echo; echo "ready $(stty size)"; n=0
            while read -r word; do n=$((n + 1)); echo "heard $n: $word $(stty size)"; [ "$word" = bye ] && exit 5; done
            """;

    @TempDir
    private Path programs;

    @Override
    protected Checkpointer engine() {
        return EnginesUnderTest.named("native");
    }

    /** A program without a journal that may use io_uring is started as if there were none. */
    @Test
    void aStepHasAtMostOneSystemCallFilter() throws Exception {
        String ask = "grep Seccomp_filters: /proc/self/status";
        steps().finish(steps().start(ask, LaunchBuilder::ioUring));
        steps().finish(steps().start(ask));
        assertThat(steps().image(0).resolveSibling("journal")).doesNotExist();
        steps().finish(steps().start(ask, launch -> launch.journalBytes(1 << 30)));
        assertThat(steps().image(0).resolveSibling("journal")).isDirectory();
        int here = filters(Files.readString(Path.of("/proc/self/status")));
        assertThat(Files.readAllLines(steps().stdout()))
                .extracting(NativeEngineTest::filters)
                .containsExactly(here, here + 1, here + 1);
    }

    /** As on a kernel without it, so that programs do without; allowed, its ring is refused by name. */
    @Test
    void ioUringIsDeniedUnlessAllowed() throws Exception {
        String program = "exec python3 -c '" + """
                import ctypes, os, time
                libc = ctypes.CDLL(None, use_errno=True)
                ring = libc.syscall(425, 4, ctypes.create_string_buffer(120))
                print(os.strerror(ctypes.get_errno()) if ring < 0 else "a ring", flush=True)
                while not os.path.exists("go"): time.sleep(0.01)
                """ + "'";
        StepProcess step = steps().start("cd " + programs + "; " + program);
        steps().awaitOutput("Function not implemented");
        ImageInfo image = step.checkpoint(new CheckpointRequest(Optional.empty(), "test", false));
        steps().kill(step.supervisor());
        StepProcess resumed = steps().start("", launch -> launch.restoreFrom(image.path()));
        Files.createFile(programs.resolve("go"));
        assertThat(steps().finish(resumed).exitCode()).hasValue(0);

        Files.delete(programs.resolve("go"));
        StepProcess allowed = steps().start("cd " + programs + "; " + program, LaunchBuilder::ioUring);
        steps().awaitOutput("a ring");
        assertThatThrownBy(() -> allowed.checkpoint(new CheckpointRequest(Optional.empty(), "test", false)))
                .hasMessageContaining("io_uring");
        Files.createFile(programs.resolve("go"));
        assertThat(steps().finish(allowed).exitCode()).hasValue(0);
    }

    private static int filters(String status) {
        return Integer.parseInt(status.replaceAll("(?s).*Seccomp_filters:\\s*(\\d+).*", "$1"));
    }

    /** Outside what is rolled back as a whole; by an attempt that has no journal, too. */
    @ParameterizedTest
    @ValueSource(longs = {0, 1 << 30})
    void filesGoBackExactlyWithAJournal(long bytesOfTheSecond) throws Exception {
        String program = "cd " + programs + """

                echo a >> out.txt; echo ready; while [ ! -e go ]; do sleep 0.02; done
                echo b >> out.txt; mv out.txt moved.txt; echo c >> moved.txt; echo changed
                while [ ! -e end ]; do sleep 0.02; done; echo d >> moved.txt
                """;
        StepProcess step = steps().start(program, launch -> launch.journalBytes(1 << 30));
        steps().awaitOutput("ready");
        ImageInfo image = step.checkpoint(new CheckpointRequest(Optional.empty(), "test", false));
        Files.createFile(programs.resolve("go"));
        steps().awaitOutput("changed");
        steps().kill(step.supervisor());

        Files.createFile(programs.resolve("end"));
        StepProcess resumed = steps().start(
                        program, launch -> launch.journalBytes(bytesOfTheSecond).restoreFrom(image.path()));
        assertThat(steps().finish(resumed).exitCode()).hasValue(0);
        assertThat(programs.resolve("out.txt")).doesNotExist();
        assertThat(Files.readAllLines(programs.resolve("moved.txt"))).containsExactly("a", "b", "c", "d");
    }

    /** As a database is; through a descriptor whose writes the journal does not see. */
    @ParameterizedTest
    @ValueSource(longs = {5, 1 << 30})
    void aFileThatIsWrittenOverIsCopiedWithinTheBound(long journalBytes) throws Exception {
        String program = "cd " + programs + """

                exec 3<>data; echo ready; while [ ! -e go ]; do sleep 0.02; done
                head -c 2 data; printf XX >&3; echo changed
                while [ ! -e end ]; do sleep 0.02; done
                """;
        Path data = Files.writeString(programs.resolve("data"), "abcdef");
        StepProcess step = steps().start(program, launch -> launch.journalBytes(journalBytes));
        steps().awaitOutput("ready");
        ImageInfo image = step.checkpoint(new CheckpointRequest(Optional.empty(), "test", false));
        Files.createFile(programs.resolve("go"));
        steps().awaitOutput("changed");
        steps().kill(step.supervisor());
        Files.createFile(programs.resolve("end"));

        if (journalBytes < Files.size(data)) {
            assertThatThrownBy(() -> steps().start(
                                    program,
                                    launch -> launch.journalBytes(journalBytes).restoreFrom(image.path())))
                    .hasMessageContaining(data.toString());
            assertThat(data).hasContent("XXcdef");
            return;
        }
        StepProcess resumed = steps().start(
                        program, launch -> launch.journalBytes(journalBytes).restoreFrom(image.path()));
        assertThat(steps().finish(resumed).exitCode()).hasValue(0);
        assertThat(Files.readAllLines(steps().stdout())).containsExactly("ready", "abchanged");
        assertThat(data).hasContent("XXcdef");
    }

    /** Refused by name, with nothing touched; unless told otherwise. */
    @Test
    void whatOthersChangedIsLeftAlone() throws Exception {
        String program = "cd " + programs + "; while [ ! -e go ]; do sleep 0.02; done; echo b >> out.txt; echo changed;"
                + " while [ ! -e end ]; do sleep 0.02; done";
        Path out = Files.writeString(programs.resolve("out.txt"), "a\n");
        StepProcess step = steps().start(program, launch -> launch.journalBytes(1 << 30));
        ImageInfo image = step.checkpoint(new CheckpointRequest(Optional.empty(), "test", false));
        Files.createFile(programs.resolve("go"));
        steps().awaitOutput("changed");
        step.end(EndCause.CANCELLED, Duration.ofSeconds(5));
        steps().finish(step);
        Instant ended = Instant.now();
        Files.createFile(programs.resolve("end"));
        do { // the kernel's clock of files ticks only some hundred times a second
            Files.writeString(out, "a\nb\nmine\n");
        } while (!Files.getLastModifiedTime(out).toInstant().isAfter(ended));

        assertThatThrownBy(() -> steps().start(
                                program, launch -> launch.journalBytes(1 << 30).restoreFrom(image.path())))
                .hasMessageContaining("out.txt was changed after the step ended");
        assertThat(out).hasContent("a\nb\nmine\n");
        StepProcess resumed = steps().start(
                        program,
                        launch -> launch.journalBytes(1 << 30)
                                .restoreFrom(image.path())
                                .acceptChanged());
        assertThat(steps().finish(resumed).exitCode()).hasValue(0);
        assertThat(out).hasContent("a\nb\n");
    }

    /** Named, and the image refused; unless told otherwise. What is only touched, or has grown, is the same. */
    @ParameterizedTest
    @CsvSource({
        "replaced, DESCRIPTOR, true",
        "rewritten, DESCRIPTOR, true",
        "touched, DESCRIPTOR, false",
        "grown, DESCRIPTOR, false",
        "replaced, MAPPING, true",
        "rewritten, MAPPING, true",
        "touched, MAPPING, false",
        "rewritten, PRIVATE_MAPPING, true"
    })
    void anInputThatOthersChangedIsNamed(String change, String reading, boolean refused) throws Exception {
        Path input = Files.writeString(programs.resolve("input"), "first\nsecond\n");
        Files.setLastModifiedTime(input, FileTime.from(Instant.EPOCH));
        String mapped =
                "python3 -c 'import mmap, os, time\nf = open(\"" + input + "\")\nm = mmap.mmap(f.fileno(), 0, mmap."
                        + (reading.equals("MAPPING") ? "MAP_SHARED" : "MAP_PRIVATE")
                        + ", mmap.PROT_READ)\nf.close()\nprint(\"ready\", flush=True)\n"
                        + "while not os.path.exists(\"" + programs + "/end\"): time.sleep(0.02)'";
        String program = reading.equals("DESCRIPTOR")
                ? "exec 3< " + input + "; read a <&3; echo ready; while [ ! -e " + programs
                        + "/end ]; do sleep 0.02; done"
                : mapped;
        StepProcess step = steps().start(program, launch -> launch.journalBytes(1 << 30));
        steps().awaitOutput("ready");
        ImageInfo image = step.checkpoint(new CheckpointRequest(Optional.of(EndCause.INTERRUPTED), "test", false));
        steps().finish(step);
        Files.createFile(programs.resolve("end"));
        switch (change) {
            case "replaced" -> {
                Files.delete(input);
                Files.writeString(input, "another\nfile\n");
            }
            case "rewritten" -> Files.writeString(input, "first\nSECOND\n");
            case "grown" -> Files.writeString(input, "third\n", StandardOpenOption.APPEND);
            default -> Files.setLastModifiedTime(input, FileTime.from(Instant.EPOCH.plusSeconds(1)));
        }

        if (refused) {
            assertThatThrownBy(() -> steps().start(
                                    program,
                                    launch -> launch.journalBytes(1 << 30).restoreFrom(image.path())))
                    .hasMessageContaining(input + " is not ")
                    .hasMessageContaining("--accept-changed");
        }
        StepProcess resumed = steps().start(program, launch -> {
            launch.journalBytes(1 << 30).restoreFrom(image.path());
            return refused ? launch.acceptChanged() : launch;
        });
        assertThat(steps().finish(resumed).exitCode()).hasValue(0);
    }

    /** The move concerns descriptors, the working folder, files that are rolled back, and the write journal. */
    @Test
    void resumesInAFolderThatWasMoved() throws Exception {
        Path before = Files.createDirectory(programs.resolve("before"));
        Path after = programs.resolve("after");
        Files.writeString(before.resolve("in"), "1\n2\n3\n");
        Files.writeString(before.resolve("old"), "kept\n");
        String program =
                "cd " + before + "; exec 3< in 4>> log 5<> data; read a <&3; echo a >&4; echo abc >&5; echo ready;"
                        + " while [ ! -e go ]; do sleep 0.02; done; echo b >&4; echo x > old; echo new > made; echo changed;"
                        + " while [ ! -e end ]; do sleep 0.02; done; read b <&3; echo $a$b $(cat old) $(cat log) >&4; pwd -P";
        StepProcess step = steps().start(program, launch -> launch.journalBytes(1 << 30));
        steps().awaitOutput("ready");
        ImageInfo image = step.checkpoint(new CheckpointRequest(Optional.empty(), "test", false));
        Files.createFile(before.resolve("go"));
        steps().awaitOutput("changed");
        step.end(EndCause.CANCELLED, Duration.ofSeconds(5));
        steps().finish(step);
        Files.move(before, after);
        Files.createFile(after.resolve("end"));

        StepProcess resumed = steps().start(
                        program,
                        launch -> launch.journalBytes(1 << 30)
                                .restoreFrom(image.path())
                                .moved(before, after));
        assertThat(steps().finish(resumed).exitCode()).hasValue(0);
        assertThat(after.resolve("log")).hasContent("a\nb\n12 x a b\n");
        assertThat(after.resolve("data")).hasContent("abc\n");
        assertThat(after.resolve("made")).hasContent("new\n");
        assertThat(Files.readAllLines(steps().stdout())).endsWith(after.toString());
        assertThat(before).doesNotExist();
    }

    @Test
    void talksThroughATerminal_alsoAfterResume() throws Exception {
        StepProcess step = steps().start(CONVERSATION, launch -> launch.terminal(24, 80));
        steps().awaitOutput("ready 24 80");
        try (TerminalChannel terminal = step.attachTerminal()) {
            terminal.resize(30, 100);
            type(terminal, "hello");
            assertThat(readUntil(terminal, "heard 1: hello 30 100")).isNotEmpty();
        }
        ImageInfo image = step.checkpoint(new CheckpointRequest(Optional.of(EndCause.INTERRUPTED), "test", false));
        assertThat(steps().finish(step).cause()).isEqualTo(EndCause.INTERRUPTED);

        StepProcess resumed =
                steps().start(CONVERSATION, launch -> launch.terminal(40, 120).restoreFrom(image.path()));
        try (TerminalChannel terminal = resumed.attachTerminal()) {
            type(terminal, "bye");
            assertThat(readUntil(terminal, "heard 2: bye 40 120")).isNotEmpty();
            while (terminal.read(new byte[1024]) >= 0) {}
        }
        assertThat(steps().finish(resumed).exitCode()).hasValue(5);
        assertThat(Files.readString(steps().stdout()).lines())
                .containsExactly("ready 24 80", "heard 1: hello 30 100", "heard 2: bye 40 120");
    }

    @Test
    void asksForARedrawWhenATerminalOfTheSameSizeIsAttachedAfterResume() throws Exception {
        String program = "trap 'echo redrawn; exit' WINCH; echo ready; while :; do sleep 0.02; done";
        StepProcess step = steps().start(program, launch -> launch.terminal(24, 80));
        steps().awaitOutput("ready");
        ImageInfo image = step.checkpoint(new CheckpointRequest(Optional.of(EndCause.INTERRUPTED), "test", false));
        steps().finish(step);

        StepProcess resumed =
                steps().start(program, launch -> launch.terminal(24, 80).restoreFrom(image.path()));
        try (TerminalChannel terminal = resumed.attachTerminal()) {
            terminal.resize(24, 80);
            steps().awaitOutput("redrawn");
        }
        assertThat(steps().finish(resumed).cause()).isEqualTo(EndCause.SUCCESS);
    }

    /** A process reads its variables in the strings with which it was started, as do the programs that it starts. */
    @Test
    void renewsVariablesOfAnEarlierAttemptWhereTheyFit() throws Exception {
        Map<String, String> first = new HashMap<>(TestStep.ENVIRONMENT);
        first.putAll(Map.of("JOB", "1234", "NODE", "n17", "GROWS", "9", "OWN", "5", "AJOB", "1234", "EMPTY", ""));
        String program = """
                export OWN=6
                exec python3 -c '
                import os, subprocess, time
                print("begun", flush=True)
                while not os.path.exists("go"): time.sleep(0.02)
                subprocess.run(["/usr/bin/env"])'
                """;
        StepProcess step = steps().start(program, launch -> launch.environment(first));
        steps().awaitOutput("begun");
        ImageInfo image = step.checkpoint(new CheckpointRequest(Optional.of(EndCause.INTERRUPTED), "test", false));
        steps().finish(step);

        Map<String, Renewal> renewals = Map.of(
                "JOB", new Renewal(Set.of("12", "1234"), "567"),
                "NODE", new Renewal(Set.of("n17"), "n18"),
                "GROWS", new Renewal(Set.of("9"), "10"),
                "OWN", new Renewal(Set.of("5"), "7"),
                "EMPTY", new Renewal(Set.of(""), ""),
                "MISSING", new Renewal(Set.of("1"), "2"));
        StepProcess resumed = steps().start(
                        program, launch -> launch.restoreFrom(image.path()).renewing(renewals));
        Files.createFile(steps().work().resolve("go"));
        assertThat(steps().finish(resumed).cause()).isEqualTo(EndCause.SUCCESS);
        assertThat(Files.readAllLines(steps().stdout()))
                .contains("JOB=567", "NODE=n18", "GROWS=9", "OWN=6", "AJOB=1234", "EMPTY=")
                .noneMatch(line -> line.startsWith("MISSING"));
    }

    @Test
    void recognisesAMappedFileByItsContentWhereItsTimeDiffers() throws Exception {
        Path program = programs.resolve("program");
        Files.copy(Path.of("/bin/dash"), program, StandardCopyOption.COPY_ATTRIBUTES);
        StepProcess step = steps().start("exec " + program + " -c 'echo begun; sleep 1000; echo ended'");
        steps().awaitOutput("begun");
        ImageInfo image = step.checkpoint(new CheckpointRequest(Optional.of(EndCause.INTERRUPTED), "test", false));
        steps().finish(step);

        Files.setLastModifiedTime(program, FileTime.from(Instant.EPOCH));
        assertThat(engine().unusable(image.path())).isEmpty();

        byte[] other = Arrays.copyOf(Files.readAllBytes(Path.of("/bin/cat")), (int) Files.size(program));
        Files.write(program, other);
        assertThat(engine().unusable(image.path()))
                .hasValueSatisfying(reason -> assertThat(reason).contains(program + " is not the file"));
    }

    @Test
    void namesAConnectionThatLeadsOutOfTheStep() throws Exception {
        try (ServerSocket outside = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            int port = outside.getLocalPort();
            StepProcess step = steps().start(
                            "exec 3<>/dev/tcp/127.0.0.1/" + port + "; echo connected; read -r -u 3 word; echo $word");
            steps().awaitOutput("connected");
            assertThatThrownBy(() -> step.checkpoint(new CheckpointRequest(Optional.empty(), "test", false)))
                    .isInstanceOf(EngineException.class)
                    .hasMessageMatching("pid [0-9]+ fd 3: connected TCP socket to 127\\.0\\.0\\.1:" + port
                            + ", which is not of the step; .*");
            try (Socket connection = outside.accept()) {
                connection.getOutputStream().write("unharmed\n".getBytes(StandardCharsets.UTF_8));
            }
            assertThat(steps().finish(step).cause()).isEqualTo(EndCause.SUCCESS);
            steps().awaitOutput("unharmed");
        }
    }

    @Test
    void saysWhetherTheStepTakesCtrlCAsAKey() throws Exception {
        StepProcess step = steps().start(
                        "stty -isig; echo raw; read -r _; stty isig; echo cooked; read -r _",
                        launch -> launch.terminal(24, 80));
        steps().awaitOutput("raw");
        assertThat(step.status().rawTerminal()).isTrue();
        try (TerminalChannel terminal = step.attachTerminal()) {
            type(terminal, "next");
            steps().awaitOutput("cooked");
            assertThat(step.status().rawTerminal()).isFalse();
            type(terminal, "end");
        }
        assertThat(steps().finish(step).cause()).isEqualTo(EndCause.SUCCESS);
    }

    @Test
    void hasNoTerminalUnlessAskedFor() throws Exception {
        StepProcess step = steps().start("sleep 1000");

        assertThatThrownBy(step::attachTerminal)
                .isInstanceOf(EngineException.class)
                .hasMessageContaining("without a terminal");
    }

    private static void type(TerminalChannel terminal, String word) throws Exception {
        byte[] line = (word + "\n").getBytes(StandardCharsets.UTF_8);
        terminal.write(line, 0, line.length);
    }

    private static String readUntil(TerminalChannel terminal, String text) throws Exception {
        StringBuilder seen = new StringBuilder();
        byte[] buffer = new byte[1024];
        while (seen.indexOf(text) < 0) {
            int n = terminal.read(buffer);
            if (n < 0) {
                throw new AssertionError("the terminal has gone after: " + seen);
            }
            seen.append(new String(buffer, 0, n, StandardCharsets.UTF_8));
        }
        return seen.toString();
    }
}
