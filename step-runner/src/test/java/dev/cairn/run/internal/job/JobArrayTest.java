package dev.cairn.run.internal.job;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cairn.engine.LeaseTimes;
import dev.cairn.host.HostIdentity;
import dev.cairn.run.event.WriteNews;
import dev.cairn.run.fake.Bench;
import dev.cairn.run.internal.step.Engines;
import dev.cairn.run.internal.step.Eviction;
import dev.cairn.run.internal.step.StepServices;
import dev.cairn.run.manifest.Publisher;
import dev.cairn.run.manifest.RunFolder;
import dev.cairn.slurm.Slurm;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JobArrayTest {
    @TempDir
    Path folder;

    /** A runner that lets go interrupts its members one after the other: the next must not submit what the first has submitted. */
    @Test
    void whoComesAfterAnInterruptedMemberLooksForTheArrayBeforeItSubmits() throws Exception {
        says("sbatch", "echo x >>asked; while [ ! -e go ]; do sleep 0.05; done");
        Map<String, String> environment = Map.of("PATH", folder + ":/usr/bin:/bin");
        JobArray array = JobArray.forming(
                new RunFolder(Files.createDirectory(folder.resolve("run-1"))),
                new ArrayPlan(
                        "far",
                        Map.of("far.1", 1, "far.2", 2),
                        2,
                        new JobPlan("cairn-far", folder, Map.of(), List.of(), List.of("true"))),
                "1.1",
                new SlurmJobTracker(new Slurm(environment)),
                services());
        says("squeue", "echo '90_2|PENDING|None||cairn-far|" + array.comment() + "'");
        array.ready();

        CompletableFuture<String> first = new CompletableFuture<>();
        Thread member = new Thread(() -> {
            try {
                first.complete(array.jobOf("far.1").orElse(""));
            } catch (Exception interrupted) {
                first.completeExceptionally(interrupted);
            }
        });
        member.start();
        Bench.until(() -> Files.exists(folder.resolve("asked")));
        member.interrupt();
        member.join();
        assertThat(first).isCompletedExceptionally();
        Files.createFile(folder.resolve("go"));

        assertThat(array.jobOf("far.2")).contains("90_2");
        assertThat(Files.readAllLines(folder.resolve("asked"))).hasSize(1);
    }

    private static StepServices services() {
        return new StepServices(
                new Engines(Map.of(), Map.of()),
                new HostIdentity("h", "b", "p", "k", "a"),
                1,
                new Publisher(() -> {}, Clock.systemUTC(), new WriteNews(event -> {})),
                false,
                LeaseTimes.STANDARD,
                Optional.empty(),
                Eviction.NONE,
                Clock.systemUTC(),
                event -> {});
    }

    private void says(String command, String script) throws IOException {
        Path file = Files.writeString(folder.resolve(command), "#!/bin/bash\ncd " + folder + "\n" + script + "\n");
        assertThat(file.toFile().setExecutable(true)).isTrue();
    }
}
