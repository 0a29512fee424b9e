package dev.cairn.run.kill;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cairn.engine.EndCause;
import dev.cairn.engine.StepExit;
import dev.cairn.files.JsonLines;
import dev.cairn.run.manifest.AttemptRecord;
import dev.cairn.run.manifest.RunFolder;
import dev.cairn.run.manifest.RunManifest;
import dev.cairn.run.manifest.RunState;
import dev.cairn.run.manifest.StepManifest;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.json.JsonMapper;

/** The result after any number of kills is the one without. */
class KillTest {
    private static final int LINES = 60;
    private static final int KILLS = Integer.getInteger("cairn.kills", 3);
    private static final long SEED = Long.getLong("cairn.seed", System.nanoTime());

    @TempDir
    Path folder;

    private final Random random = new Random(SEED);

    @BeforeEach
    void tellSeed() {
        System.out.println("KillTest: -Dcairn.seed=" + SEED + " -Dcairn.kills=" + KILLS);
    }

    private Path flow(String engine) throws IOException {
        return Files.writeString(folder.resolve("flow.yaml"), """
                name: count
                defaults: {checkpoint: {engine: %s, every: 300ms}}
                steps:
                  - id: count
                    run: |
                      i=0
                      while [ $i -lt %d ]; do
                        echo "line $i" | tee -a lines.txt
                        i=$((i + 1))
                        sleep 0.05
                      done
                    outputs: {lines: lines.txt}
                  - id: sum
                    run: wc -l < ${{ steps.count.outputs.lines }} > sum.txt
                    outputs: {sum: sum.txt}
                """.formatted(engine, LINES));
    }

    private Process start(Path file) throws IOException {
        return new ProcessBuilder(
                        ProcessHandle.current().info().command().orElseThrow(),
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        System.getProperty("java.class.path"),
                        RunnerProcess.class.getName(),
                        file.toString())
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(
                        folder.resolve("runner.log").toFile()))
                .start();
    }

    /** Goes on with the run until it has ended. */
    private void finish(Path file) throws Exception {
        Process runner = start(file);
        assertThat(runner.waitFor(120, TimeUnit.SECONDS)).as("the run ends").isTrue();
        assertThat(runner.exitValue())
                .as("%s", Files.readString(folder.resolve("runner.log")))
                .isZero();
    }

    private RunFolder run() throws IOException {
        try (Stream<Path> runs = Files.list(folder.resolve(".cairn/runs"))) {
            List<Path> all = runs.filter(run -> !run.getFileName().toString().startsWith("."))
                    .toList();
            assertThat(all).as("one run of that key").hasSize(1);
            return new RunFolder(all.get(0));
        }
    }

    private void assertSameAsUndisturbed() throws Exception {
        String lines =
                IntStream.range(0, LINES).mapToObj(i -> "line " + i + "\n").collect(Collectors.joining());
        assertThat(folder.resolve("lines.txt")).hasContent(lines);
        assertThat(folder.resolve("sum.txt")).hasContent(Integer.toString(LINES));
        assertThat(run().step("count").stdout()).hasContent(lines);
        assertThat(RunManifest.read(run()).state()).isEqualTo(RunState.SUCCEEDED);
    }

    private List<AttemptRecord> attempts(String step) throws IOException {
        return StepManifest.read(run().step(step)).orElseThrow().attempts();
    }

    /** The attempts of which anything ran: a runner may be killed between noting one and starting it. */
    private List<AttemptRecord> begun(String step) throws IOException {
        return attempts(step).stream()
                .filter(attempt ->
                        !attempt.end().map(StepExit::message).orElse("").contains("before the step had begun"))
                .toList();
    }

    /** The supervisors of this run that live. */
    private List<ProcessHandle> supervisors() throws IOException {
        Path runs = folder.resolve(".cairn/runs");
        if (!Files.isDirectory(runs)) {
            return List.of();
        }
        List<ProcessHandle> alive = new ArrayList<>();
        Files.walkFileTree(runs, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes is) {
                if (file.endsWith("supervisor.json") && !Files.exists(file.resolveSibling("exit.json"))) {
                    supervisor(file).ifPresent(alive::add);
                }
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFileFailed(Path file, IOException goneMeanwhile) {
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult postVisitDirectory(Path folder, @Nullable IOException goneMeanwhile) {
                return FileVisitResult.CONTINUE;
            }
        });
        return alive;
    }

    private static Optional<ProcessHandle> supervisor(Path file) {
        try {
            return ProcessHandle.of(JsonMapper.shared()
                    .readTree(Files.readAllBytes(file))
                    .path("pid")
                    .asLong());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void killAfterAWhile(Process runner) throws InterruptedException {
        runner.waitFor(500 + random.nextInt(2500), TimeUnit.MILLISECONDS);
        runner.destroyForcibly().waitFor();
    }

    @Test
    void aStepGoesOnWithoutItsRunnerAndNothingIsRepeated() throws Exception {
        Path file = flow("none");
        for (int kill = 0; kill < KILLS; kill++) {
            killAfterAWhile(start(file));
        }
        finish(file);
        assertSameAsUndisturbed();
        assertThat(begun("count")).hasSize(1);
        assertThat(begun("sum")).hasSize(1);
    }

    @Test
    void everythingMayBeKilledAndTheStepGoesOnFromItsLastImage() throws Exception {
        Path file = flow("native");
        for (int kill = 0; kill < KILLS; kill++) {
            Process runner = start(file);
            runner.waitFor(1500 + random.nextInt(2000), TimeUnit.MILLISECONDS);
            List<ProcessHandle> supervisors = supervisors();
            runner.destroyForcibly();
            supervisors.forEach(ProcessHandle::destroyForcibly);
            runner.waitFor();
            for (ProcessHandle supervisor : supervisors) {
                supervisor.onExit().get(20, TimeUnit.SECONDS);
            }
        }
        finish(file);
        assertSameAsUndisturbed();
    }

    @Test
    void aKilledSupervisorLeavesALostAttemptThatGoesOnFromItsImage() throws Exception {
        Path file = flow("native");
        Process runner = start(file);
        Optional<Path> image = Optional.empty();
        while (image.isEmpty() && runner.isAlive()) {
            runner.waitFor(20, TimeUnit.MILLISECONDS);
            image = publishedImage();
        }
        supervisors().forEach(ProcessHandle::destroyForcibly);
        assertThat(runner.waitFor(120, TimeUnit.SECONDS)).isTrue();
        assertSameAsUndisturbed();
        List<AttemptRecord> attempts = attempts("count");
        assertThat(attempts.get(0).endedBy(EndCause.LOST)).isTrue();
        assertThat(attempts.get(1).resumedFrom().orElse(-1)).isPositive();
        assertThat(JsonLines.read(run().events()))
                .extracting(line -> line.path("event").asString())
                .contains("image_published");
    }

    /** A batch system that takes the host, a user who kills what he finds, the kernel: each kills some of it, in its own order. */
    @Test
    void anyOfItsProcessesMayBeKilledInAnyOrder() throws Exception {
        Path file = flow("native");
        Process runner = start(file);
        for (int kill = 0; kill < KILLS; kill++) {
            awaitImageAfter(newestImage(), runner);
            if (!runner.isAlive()) {
                runner = start(file);
                continue;
            }
            List<ProcessHandle> doomed = new ArrayList<>(supervisors());
            doomed.addAll(doomed.stream().flatMap(ProcessHandle::descendants).toList());
            doomed.add(runner.toHandle());
            Collections.shuffle(doomed, random);
            doomed.subList(0, 1 + random.nextInt(doomed.size())).forEach(ProcessHandle::destroyForcibly);
        }
        if (!runner.waitFor(120, TimeUnit.SECONDS) || runner.exitValue() != 0) {
            assertThat(runner.exitValue())
                    .as("only its own death ends a runner: %s", Files.readString(folder.resolve("runner.log")))
                    .isEqualTo(128 + 9);
            finish(file);
        }
        assertSameAsUndisturbed();
    }

    /** One at a time, while the runner lives: the step resumes by itself. */
    @Test
    void aStepOfWhichAnythingIsKilledGoesOnByItself() throws Exception {
        Path file = flow("native");
        Process runner = start(file);
        for (int depth = 1; depth <= 3; depth++) {
            awaitImageAfter(newestImage(), runner);
            killAt(depth, runner);
        }
        assertThat(runner.waitFor(120, TimeUnit.SECONDS)).isTrue();
        assertThat(runner.exitValue())
                .as("%s", Files.readString(folder.resolve("runner.log")))
                .isZero();
        assertSameAsUndisturbed();
        List<AttemptRecord> attempts = attempts("count");
        assertThat(attempts).hasSize(4);
        assertThat(attempts.subList(0, 3)).allMatch(attempt -> attempt.endedBy(EndCause.KILLED));
        assertThat(attempts.subList(1, 4))
                .allMatch(attempt -> attempt.resumedFrom().orElse(0) > 0);
    }

    /** Kills a process of the step's until that has ended the attempt: one may have ended by itself just before. */
    private void killAt(int depth, Process runner) throws Exception {
        List<ProcessHandle> supervisors = supervisors();
        while (supervisors.isEmpty() && runner.isAlive()) { // the next attempt is yet to begin
            Thread.onSpinWait();
            supervisors = supervisors();
        }
        assertThat(supervisors).as("the step runs").isNotEmpty();
        ProcessHandle supervisor = supervisors.get(0);
        while (supervisors().contains(supervisor)) { // until it has written down the end
            processAt(supervisor, depth).ifPresent(ProcessHandle::destroyForcibly);
            runner.waitFor(20, TimeUnit.MILLISECONDS);
        }
    }

    /** 1 is the step's pid 1, 2 its shell, 3 what that waits for the longest. */
    private static Optional<ProcessHandle> processAt(ProcessHandle supervisor, int depth) {
        Optional<ProcessHandle> process = Optional.of(supervisor);
        for (int level = 1; level <= depth; level++) {
            boolean last = level == 3;
            process = process.flatMap(parent -> parent.children()
                    .filter(child -> !last || child.info().command().orElse("").endsWith("/sleep"))
                    .findFirst());
        }
        return process;
    }

    private long newestImage() throws IOException {
        return images().mapToLong(image -> Long.parseLong(image.getFileName().toString()))
                .max()
                .orElse(0);
    }

    private void awaitImageAfter(long image, Process runner) throws IOException, InterruptedException {
        while (newestImage() <= image && runner.isAlive()) {
            runner.waitFor(20, TimeUnit.MILLISECONDS);
        }
    }

    private Optional<Path> publishedImage() throws IOException {
        return images().findFirst();
    }

    /** Without image 0. */
    private Stream<Path> images() throws IOException {
        Path runs = folder.resolve(".cairn/runs");
        if (!Files.isDirectory(runs)) {
            return Stream.empty();
        }
        try (Stream<Path> files = Files.find(
                runs, 5, (path, attributes) -> path.getFileName().toString().matches("(?!000000)\\d{6}"))) {
            return files.toList().stream();
        } catch (UncheckedIOException movedMeanwhile) {
            return Stream.empty();
        }
    }
}
