package dev.cairn.host;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cairn.engine.ProcessIdentity;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ProcessesTest {
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

    private static long ended() throws Exception {
        Process process = new ProcessBuilder("true").start();
        process.waitFor();
        return process.pid();
    }
}
