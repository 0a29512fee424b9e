package dev.cairn.slurm;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class LimitWatchTest {
    private static final String JOB =
            "JobId=7 JobState=RUNNING Reason=None Restarts=0 TimeLimit=00:01:00 EndTime=2026-03-01T00:01:00";

    @TempDir
    Path folder;

    /** The controller hears nothing of a thousand jobs that end at once. */
    @Test
    void asksOnlyOnceTheJobHasRunForSomeSecondsAndWarnsInTime() throws Exception {
        Path scontrol = Files.writeString(
                folder.resolve("scontrol"), "#!/bin/bash\necho x >>" + folder + "/asked\necho '" + JOB + "'\n");
        assertThat(scontrol.toFile().setExecutable(true)).isTrue();
        Map<String, String> environment = Map.of("PATH", folder + ":/usr/bin:/bin", "SLURM_JOB_ID", "7");
        BlockingQueue<Long> warned = new LinkedBlockingQueue<>();
        long start = System.nanoTime();
        try (LimitWatch watch = new LimitWatch(
                BatchJob.of(environment).orElseThrow(),
                new Slurm(environment),
                Clock.systemUTC(),
                end -> warned.add(System.nanoTime() - start),
                () -> warned.add(System.nanoTime() - start))) {
            watch.begin();

            assertThat(warned.poll(1, TimeUnit.MINUTES))
                    .as("told of the end")
                    .isGreaterThan(TimeUnit.SECONDS.toNanos(4));
            assertThat(warned.poll(1, TimeUnit.MINUTES))
                    .as("warned, since it has passed")
                    .isNotNull();
        }
        assertThat(Files.readAllLines(folder.resolve("asked"))).hasSize(2);
    }

    @Test
    void saysNothingOfTheYearThatStandsForNoLimit() throws Exception {
        Path scontrol = Files.writeString(
                folder.resolve("scontrol"),
                "#!/bin/bash\necho '"
                        + JOB.replace("00:01:00 ", "365-00:00:00 ").replace("2026-03-01T", "2027-03-01T")
                        + "'\n>" + folder + "/asked\n");
        assertThat(scontrol.toFile().setExecutable(true)).isTrue();
        Map<String, String> environment = Map.of("PATH", folder + ":/usr/bin:/bin", "SLURM_JOB_ID", "7");
        BlockingQueue<String> told = new LinkedBlockingQueue<>();
        Thread watching;
        try (LimitWatch watch = new LimitWatch(
                BatchJob.of(environment).orElseThrow(),
                new Slurm(environment),
                Clock.systemUTC(),
                end -> told.add("ends at " + end),
                () -> told.add("near"))) {
            watch.begin();
            watching = Thread.getAllStackTraces().keySet().stream()
                    .filter(thread -> thread.getName().equals("job-limit"))
                    .findFirst()
                    .orElseThrow();
            watching.join(TimeUnit.MINUTES.toMillis(1));
        }
        assertThat(watching.isAlive()).as("it has nothing to wait for").isFalse();
        assertThat(folder.resolve("asked")).exists();
        assertThat(told).isEmpty();
    }
}
