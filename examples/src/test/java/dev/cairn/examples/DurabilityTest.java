package dev.cairn.examples;

import static java.util.concurrent.TimeUnit.MINUTES;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What a power cut could find, as the order of system calls shows it. */
class DurabilityTest {

    @Test
    void firstOutputsThenTheImageThenItsNameThenTheFolderThenTheManifest() throws Exception {
        try (Cairn cairn =
                Cairn.in(Rooms.next("durability"), Example.named("count").folder(), Caller.SELF)) {
            Process runner =
                    cairn.start("exec", "--name", "traced", "-i", "never", "--", "python3", "count.py", "10000");
            StepFiles step = Waiting.forStep(cairn, "main");
            await("the step's start to be written down")
                    .atMost(1, MINUTES)
                    .until(() -> step.recordedImages().contains(0L));
            Path file = cairn.home().resolve("trace");
            Process strace = attach(file, runner.pid(), step.supervisor(1));

            int code = cairn.run("checkpoint", "traced");
            await().atMost(1, MINUTES).until(() -> step.recordedImages().contains(1L));
            strace.destroy();
            strace.waitFor();

            assertThat(code).as(cairn.said()).isZero();
            Trace trace = Trace.read(file);
            String checkpoints = step.folder().resolve("checkpoints").toString();
            Trace.Call name =
                    only(trace.those(call -> call.isRename() && call.path().equals(checkpoints + "/000001")));
            List<Trace.Call> output = trace.those(call -> call.isSync()
                    && call.path().equals(step.folder().resolve("stdout.log").toString()));
            List<Trace.Call> image =
                    trace.those(call -> call.isSync() && call.path().startsWith(checkpoints + "/.000001.partial"));
            Trace.Call folder =
                    only(trace.those(call -> call.isSync() && call.path().equals(checkpoints) && name.isBefore(call)));
            List<Trace.Call> manifest = trace.those(call -> call.isRename()
                    && call.path().equals(step.folder().resolve("step.json").toString()));

            assertThat(output).isNotEmpty();
            assertThat(image).isNotEmpty().allMatch(call -> output.get(0).isBefore(call) && call.isBefore(name));
            assertThat(manifest).isNotEmpty().allMatch(folder::isBefore);
            assertThat(trace.those(call ->
                            call.isSync() && call.path().equals(step.folder().toString())))
                    .anyMatch(manifest.get(0)::isBefore);
        }
    }

    private static Trace.Call only(List<Trace.Call> calls) {
        assertThat(calls).hasSize(1);
        return calls.get(0);
    }

    /** Follows the two and all that they start from now on; returns when it does. */
    private static Process attach(Path file, long runner, long supervisor) throws IOException {
        Process strace = new ProcessBuilder(
                        "strace",
                        "-qq",
                        "-f",
                        "-y",
                        "-e",
                        "trace=fsync,fdatasync,/^rename",
                        "-o",
                        file.toString(),
                        "-p",
                        Long.toString(runner),
                        "-p",
                        Long.toString(supervisor))
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.INHERIT)
                .start();
        await("strace to attach").atMost(1, MINUTES).until(() -> isTraced(runner) && isTraced(supervisor));
        return strace;
    }

    private static boolean isTraced(long pid) throws IOException {
        return Files.readString(Path.of("/proc/" + pid + "/status"))
                .lines()
                .anyMatch(line -> line.startsWith("TracerPid:") && !line.endsWith("\t0"));
    }
}
