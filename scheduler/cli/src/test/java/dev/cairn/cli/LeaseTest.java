package dev.cairn.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cairn.cli.shared.ExitCode;
import dev.cairn.engine.Checkpointer;
import dev.cairn.engine.LeaseTimes;
import dev.cairn.engine.supervised.SupervisedEngines;
import dev.cairn.run.OpenResult;
import dev.cairn.run.ResumeOptions;
import dev.cairn.run.StepRunner;
import dev.cairn.run.event.RunEvent;
import dev.cairn.run.home.CairnHome;
import dev.cairn.run.manifest.RunFolder;
import dev.cairn.run.manifest.RunState;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.json.JsonMapper;

/** A run that another host has begun, which is made up: it is this one, killed, its records changed and its lease replaced. */
final class LeaseTest {
    private static final LeaseTimes QUICK =
            new LeaseTimes(Duration.ofMillis(100), Duration.ofMillis(1000), Duration.ofMillis(2000));

    @TempDir
    Path folder;

    @Test
    void refusesAStepThatAnotherHostSupervises() throws Exception {
        RunFolder run = beginElsewhere();
        CountDownLatch over = new CountDownLatch(1);
        CompletableFuture<Void> stranger = CompletableFuture.runAsync(() -> renew(lease(run), over));

        CairnProcess.Outcome refused = CairnProcess.run(folder, "resume", "far");
        assertThat(refused.exitCode()).as(refused.err()).isEqualTo(ExitCode.UNAVAILABLE);
        assertThat(refused.err()).contains("pid 4711 on node17 supervises attempt 1 and renews its lease");

        CairnProcess.Outcome insisted = CairnProcess.run(folder, "resume", "--assume-lost", "far");
        assertThat(insisted.exitCode()).as(insisted.err()).isEqualTo(ExitCode.UNAVAILABLE);
        assertThat(insisted.err()).contains("pid 4711 on node17 supervises this step and renews its lease");

        over.countDown();
        stranger.join();
        assertThat(lives()).hasSize(1);
    }

    @Test
    void goesOnOnceTheLeaseOfAnotherHostHasStoodStill() throws Exception {
        RunFolder run = beginElsewhere();
        Files.createFile(folder.resolve("go"));
        List<RunEvent> events = new CopyOnWriteArrayList<>();
        Map<String, Checkpointer> engines =
                SupervisedEngines.all().stream().collect(Collectors.toMap(Checkpointer::name, Function.identity()));
        StepRunner runner = new StepRunner(CairnHome.at(folder.resolve(CairnHome.FOLDER)), engines).leasing(QUICK);

        Instant begun = Instant.now();
        OpenResult opening = runner.resume(run, ResumeOptions.NONE, false);
        assertThat(((OpenResult.Ready) opening).session().run(events::add).state())
                .isEqualTo(RunState.SUCCEEDED);

        assertThat(Duration.between(begun, Instant.now())).isGreaterThan(QUICK.take());
        assertThat(lives()).hasSize(2);
        assertThat(events)
                .filteredOn(RunEvent.Note.class::isInstance)
                .extracting(Object::toString)
                .anyMatch(note -> note.contains("waits for up to 2 s to see whether pid 4711 on node17"));
    }

    @Test
    void psShowsAStepThatStandsForItsLease() throws Exception {
        RunFolder run = beginElsewhere();
        Map<String, Checkpointer> engines =
                SupervisedEngines.all().stream().collect(Collectors.toMap(Checkpointer::name, Function.identity()));
        StepRunner runner = new StepRunner(CairnHome.at(folder.resolve(CairnHome.FOLDER)), engines).leasing(QUICK);
        OpenResult.Ready ready = (OpenResult.Ready) runner.resume(run, ResumeOptions.NONE, false);
        CompletableFuture<RunState> end = CompletableFuture.supplyAsync(() -> stateOf(ready));
        Awaitility.await().atMost(Duration.ofMinutes(1)).until(() -> lives().size() == 2);
        assertThat(CairnProcess.run(folder, "ps").out()).contains("running").doesNotContain("frozen");

        Path elsewhere = Files.createDirectory(folder.resolve("elsewhere"));
        exchange(lease(run), elsewhere);
        Awaitility.await()
                .atMost(Duration.ofMinutes(1))
                .until(() -> CairnProcess.run(folder, "ps")
                        .out()
                        .contains("running, step main frozen: its lease was not renewed for "));
        assertThat(CairnProcess.run(folder, "ps", "--json").out())
                .containsPattern("\"frozen\": *\\{\\s*\"main\": *[0-9]+");
        exchange(lease(run), elsewhere);
        Files.createFile(folder.resolve("go"));
        assertThat(end.get(1, TimeUnit.MINUTES)).isEqualTo(RunState.SUCCEEDED);
    }

    private static RunState stateOf(OpenResult.Ready ready) {
        try {
            return ready.session().run(event -> {}).state();
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }

    /** In one instant, so that nobody finds the lease removed. */
    private static void exchange(Path one, Path other) throws Exception {
        String call = "import ctypes, sys; sys.exit(ctypes.CDLL(None).renameat2(-100, sys.argv[1].encode(), -100,"
                + " sys.argv[2].encode(), 2))";
        assertThat(new ProcessBuilder("python3", "-c", call, one.toString(), other.toString())
                        .inheritIO()
                        .start()
                        .waitFor())
                .isZero();
    }

    private RunFolder beginElsewhere() throws Exception {
        try (CairnProcess runner = CairnProcess.start(
                folder,
                "exec",
                "--name",
                "far",
                "--engine",
                "none",
                "--",
                "sh",
                "-c",
                "echo life >> lives; while [ ! -e go ]; do sleep 0.05; done")) {
            Awaitility.await()
                    .atMost(Duration.ofMinutes(1))
                    .until(() -> Files.exists(folder.resolve("lives")) && !lives().isEmpty());
            runner.signal("KILL");
            runner.await();
        }
        RunFolder run = onlyRun();
        Path step = onlyIn(run.path().resolve("steps"));
        endSupervisor(step.resolve("attempts/001/supervisor.json"));
        Path document = step.resolve("step.json");
        Files.writeString(
                document,
                Files.readString(document)
                        .replaceAll("\"boot_id\" : \"[^\"]*\"", "\"boot_id\" : \"other\"")
                        .replaceAll("\"host\" : \\{\\s*\"name\" : \"[^\"]*\"", "\"host\" : {\"name\" : \"node17\""));
        Files.writeString(
                lease(run),
                "{\"host\":\"node17\",\"boot_id\":\"other\",\"pid_ns\":1,\"pid\":4711,\"start_time\":5,\"attempt\":\"001\"}");
        return run;
    }

    private static void endSupervisor(Path record) throws Exception {
        long pid = new JsonMapper().readTree(record).required("pid").longValue();
        ProcessHandle supervisor = ProcessHandle.of(pid).orElseThrow();
        supervisor.destroyForcibly();
        supervisor.onExit().get(1, TimeUnit.MINUTES);
    }

    private static void renew(Path lease, CountDownLatch over) {
        try {
            for (long second = 1000; !over.await(50, TimeUnit.MILLISECONDS); second++) {
                Files.setLastModifiedTime(lease, FileTime.from(second, TimeUnit.SECONDS));
            }
        } catch (IOException | InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    private List<String> lives() throws IOException {
        return Files.readAllLines(folder.resolve("lives"));
    }

    private Path lease(RunFolder run) {
        return onlyIn(run.path().resolve("steps")).resolve("checkpoints/lease");
    }

    private RunFolder onlyRun() throws IOException {
        return new RunFolder(onlyIn(folder.resolve(CairnHome.FOLDER).resolve("runs")));
    }

    private static Path onlyIn(Path parent) {
        try (Stream<Path> entries = Files.list(parent)) {
            return entries.filter(Files::isDirectory).collect(Collectors.collectingAndThen(Collectors.toList(), all -> {
                assertThat(all).hasSize(1);
                return all.get(0);
            }));
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }
}
