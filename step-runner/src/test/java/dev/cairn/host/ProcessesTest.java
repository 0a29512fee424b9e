package dev.cairn.host;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cairn.engine.ProcessIdentity;
import java.io.BufferedReader;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ProcessesTest {
    @TempDir
    Path folder;

    @Test
    void knowsTheLivingFromTheDead() throws Exception {
        ProcessIdentity self = Processes.current();
        assertThat(Processes.isAlive(self)).isTrue();
        assertThat(Processes.isAlive(new ProcessIdentity(self.pid(), self.startTime() + 1)))
                .isFalse();
        assertThat(Processes.isAlive(new ProcessIdentity(ended(), 1))).isFalse();
    }

    /** Process 1 belongs to root: an ordinary user may not signal it, and it lives. */
    @Test
    void asksTheKernelForWhatProcDoesNotShow() throws Exception {
        assertThat(Processes.answers(1)).isTrue();
        assertThat(Processes.answers(ended())).isFalse();
    }

    @ParameterizedTest
    @ValueSource(strings = {"hidepid=2", "rw,relatime,hidepid=invisible", "hidepid=ptraceable,gid=4", "hidepid=1"})
    void seesThatProcHidesProcesses(String options) {
        assertThat(Processes.hidesProcesses("tmpfs / tmpfs rw 0 0\nproc /proc proc " + options + " 0 0\n"))
                .isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "proc /proc proc rw,hidepid=off 0 0",
                "proc /proc proc rw,hidepid=0 0 0",
                "proc /x proc hidepid=2 0 0",
                ""
            })
    void seesThatItDoesNot(String mounts) {
        assertThat(Processes.hidesProcesses(mounts)).isFalse();
    }

    @Test
    void knowsAnAncestorByItsName() throws Exception {
        Path shell = Files.copy(Path.of("/bin/sh").toRealPath(), folder.resolve("stepd"));
        Process parent = new ProcessBuilder(shell.toString(), "-c", "sleep 60 & echo $!; read line; kill $!").start();
        try (BufferedReader said = parent.inputReader()) {
            ProcessHandle child =
                    ProcessHandle.of(Long.parseLong(said.readLine())).orElseThrow();
            assertThat(Processes.descendsFrom(child, "stepd")).isTrue();
            assertThat(Processes.descendsFrom(parent.toHandle(), "stepd")).isFalse();
            assertThat(Processes.descendsFrom(child, "other")).isFalse();
        } finally {
            parent.getOutputStream().close();
            parent.waitFor();
        }
    }

    private static long ended() throws Exception {
        Process process = new ProcessBuilder("true").start();
        process.waitFor();
        return process.pid();
    }
}
